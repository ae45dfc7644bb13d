import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { checkBlobKey } from '../../core/platform/blob-key.ts'
import type { Blobs, Clock } from '../../core/platform/ports.ts'
import { systemClock } from '../system/clock.ts'
import { deleteBlob } from './blob-delete.ts'
import { getBlob, readBlob } from './blob-get.ts'
import { listBlobs } from './blob-list.ts'
import { createPresigner } from './blob-presign.ts'
import { putBlob } from './blob-put.ts'
import { createBucket, headObject } from './s3-bucket.ts'

/**
 * Objects of one S3 bucket. An etag is S3's: in a bucket without KMS it tells the bytes, so a write of the same bytes has the
 * etag of the one before. Faults besides those of the port: `busy` when S3 throttles or cannot be reached, `internal` for a
 * missing bucket or grant.
 */
export function createBlobs(options: { client: S3ClientConfig; bucket: string; clock?: Clock }): Blobs {
  const { client, bucket: name, clock = systemClock } = options
  const bucket = createBucket(client, name, clock)
  const presign = createPresigner(client)

  return {
    async put(key, body, guard) {
      return putBlob(bucket, checkBlobKey(key), body, guard)
    },
    async get(key, range) {
      return getBlob(bucket, checkBlobKey(key), range)
    },
    async *read(key) {
      yield* readBlob(bucket, checkBlobKey(key))
    },
    async head(key) {
      const found = await headObject(bucket, checkBlobKey(key))
      if (!found) return undefined
      const { metadata: _, ...info } = found
      return info
    },
    list: (query) => listBlobs(bucket, query),
    async delete(key) {
      await deleteBlob(bucket, checkBlobKey(key))
    },
    presign: (key, method, expiresInSeconds) =>
      presign({ bucket: name, key, method, now: clock.now(), expiresInSeconds }),
    uri: (key) => `s3://${name}/${checkBlobKey(key)}`,
  }
}
