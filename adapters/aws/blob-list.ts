import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3'
import { checkBlobPrefix, isBlobKey } from '../../core/platform/blob-key.ts'
import { Fault } from '../../core/platform/fault.ts'
import type { BlobInfo, Page } from '../../core/platform/ports.ts'
import { objectInfo, type S3Bucket } from './s3-bucket.ts'
import { s3Fault } from './s3-fault.ts'

const MAX_KEYS = 1000

/** Keys under the prefix in UTF-8 byte order, which is S3's own; `cursor` is the next `after`. */
export async function listBlobs(
  bucket: S3Bucket,
  query: { prefix: string; after?: string; limit?: number },
): Promise<Page<BlobInfo>> {
  const { prefix, limit = MAX_KEYS } = query
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_KEYS)
    throw new Fault('invalid', `list limit ${limit} must be a whole number from 1 to ${MAX_KEYS}`)
  checkBlobPrefix(prefix)
  for (let after = query.after ?? ''; ; ) {
    const { Contents = [], IsTruncated } = await listPage(bucket, prefix, after, limit)
    const found = Contents.map(({ Key = '', ...facts }) => ({ ...facts, Key: decodeKey(Key) }))
    // Others put names into a bucket that are no keys here, "folder/" for one: they cannot be asked for, so are no objects.
    const items = found
      .filter(({ Key }) => isBlobKey(Key))
      .map(({ Key, Size, ETag, LastModified }) => objectInfo(Key, Size, ETag, LastModified))
    const last = found.at(-1)?.Key
    if (!IsTruncated || last === undefined) return { items }
    if (items.length > 0) return { items, cursor: last }
    after = last
  }
}

async function listPage(
  bucket: S3Bucket,
  prefix: string,
  after: string,
  limit: number,
): Promise<ListObjectsV2CommandOutput> {
  const command = new ListObjectsV2Command({
    Bucket: bucket.name,
    Prefix: prefix,
    MaxKeys: limit,
    ...(after === '' ? {} : { StartAfter: after.toWellFormed() }),
    // XML cannot carry every character that a key may hold.
    EncodingType: 'url',
  })
  try {
    return await bucket.client().send(command)
  } catch (error) {
    throw s3Fault(error, { operation: 'ListObjectsV2', bucket: bucket.name, key: `${prefix}*` })
  }
}

// S3 writes a space as "+", and a plus sign as "%2B".
function decodeKey(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll('+', ' '))
}
