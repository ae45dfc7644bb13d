import { Readable } from 'node:stream'
import { S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { createBlobs } from '../../adapters/aws/blobs.ts'
import type { Clock } from '../../core/platform/ports.ts'

/** A driver over S3 clients that answer what a test tells them. `slept` holds the pauses between tries, which pass at once. */
export function mockS3(clock?: Clock) {
  const s3 = mockClient(S3Client)
  const slept: number[] = []
  const stopped: Clock = {
    now: () => new Date('2026-11-20T10:00:00.500Z'),
    async sleep(ms, signal) {
      // What ends with a signal waits for something else: that always comes.
      if (signal) await new Promise((_, reject) => signal.addEventListener('abort', reject))
      slept.push(ms)
    },
  }
  return {
    s3,
    slept,
    blobs: createBlobs({ client: { region: 'us-east-1' }, bucket: 'bucket-1', clock: clock ?? stopped }),
  }
}

/** An error as the SDK throws it for an answer of S3. */
export function s3Error(name: string, httpStatusCode: number): S3ServiceException {
  const $fault = httpStatusCode < 500 ? 'client' : 'server'
  return new S3ServiceException({ name, message: `${name} happened`, $fault, $metadata: { httpStatusCode } })
}

/** What node throws when a connection ends too soon. */
export function reset(): Error {
  return Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
}

/** A body as the SDK gives it, which ends with the error when there is one. */
export function bodyOf(bytes: Uint8Array, error?: Error) {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
    if (error) throw error
  }
  return Readable.from(chunks(), { objectMode: false }) as never
}
