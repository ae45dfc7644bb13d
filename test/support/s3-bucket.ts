import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { createBlobs } from '../../adapters/aws/blobs.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import type { Blobs, Clock } from '../../core/platform/ports.ts'
import { awsOptions, ownName } from './moto.ts'
import { type S3Proxy, startS3Proxy } from './s3-proxy.ts'

export interface BucketOnMoto {
  blobs: Blobs
  bucket: string
  proxy: S3Proxy
  /** For what a driver does not do: it talks to moto through the same proxy. */
  client: S3Client
  /** Seconds later, by the clock of the driver and of the proxy. */
  pass(seconds: number): Promise<void>
  close(): Promise<void>
}

/** An empty bucket of its own, its driver, and the proxy between them. */
export async function openBucket(): Promise<BucketOnMoto> {
  let passed = 0
  const clock: Clock = {
    now: () => new Date(Date.now() + passed),
    sleep: (ms, signal) => systemClock.sleep(signal ? ms : 1, signal),
  }
  const options = awsOptions()
  const proxy = await startS3Proxy(options.endpoint, options.credentials.secretAccessKey, clock.now)
  const client = new S3Client({ ...options, endpoint: proxy.endpoint })
  const bucket = ownName('blobs')
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  return {
    blobs: createBlobs({ client: { ...options, endpoint: proxy.endpoint }, bucket, clock }),
    bucket,
    proxy,
    client,
    async pass(seconds) {
      passed += seconds * 1000
    },
    async close() {
      client.destroy()
      await proxy.stop()
    },
  }
}
