import { HeadObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { Fault } from '../../core/platform/fault.ts'
import type { BlobGuard, BlobInfo, Clock } from '../../core/platform/ports.ts'
import { isNamed, s3Fault, statusOf } from './s3-fault.ts'

/** One bucket and the way to it. The client is made at its first use. */
export interface S3Bucket {
  name: string
  client(): S3Client
  clock: Clock
}

export function createBucket(config: S3ClientConfig, name: string, clock: Clock): S3Bucket {
  let client: S3Client | undefined
  return {
    name,
    client() {
      client ??= new S3Client(config)
      return client
    },
    clock,
  }
}

export interface ObjectHead extends BlobInfo {
  metadata: Record<string, string>
}

/** undefined when absent. S3 answers HEAD without a reason, so a bucket that is missing reads as an absent object. */
export async function headObject(bucket: S3Bucket, key: string): Promise<ObjectHead | undefined> {
  try {
    const found = await bucket.client().send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }))
    return { ...objectInfo(key, found.ContentLength, found.ETag, found.LastModified), metadata: found.Metadata ?? {} }
  } catch (error) {
    if (isNamed(error, 'NotFound', 'NoSuchKey') || statusOf(error) === 404) return undefined
    throw s3Fault(error, { operation: 'HeadObject', bucket: bucket.name, key })
  }
}

/** S3 shows an object's facts with the ETag in quotes and the time in whole seconds. */
export function objectInfo(key: string, size?: number, etag?: string, modifiedAt?: Date): BlobInfo {
  if (size === undefined || etag === undefined || modifiedAt === undefined)
    throw new Fault('internal', `S3 tells no size, ETag or time of blob ${key}`)
  const seconds = Math.floor(modifiedAt.getTime() / 1000)
  return { key, size, etag: etag.replaceAll('"', ''), modifiedAt: new Date(seconds * 1000).toISOString() }
}

// What S3 gives is hex digits, with "-<parts>" after a multipart upload; a header could not carry every text.
const ETAG = /^[\x21\x23-\x7e]+$/

export interface Condition {
  IfNoneMatch?: string
  IfMatch?: string
}

/** The guard as the condition of a write. Fault `conflict` for an etag that no object in S3 can have. */
export function conditionOf(key: string, guard: BlobGuard): Condition {
  if (guard === 'any') return {}
  if (guard === 'absent') return { IfNoneMatch: '*' }
  if (!ETAG.test(guard.etag)) throw guardFault(key, guard)
  return { IfMatch: `"${guard.etag}"` }
}

/** Fault `conflict`: the guard does not hold. */
export function guardFault(key: string, guard: BlobGuard, cause?: unknown): Fault {
  const problem =
    typeof guard === 'object' ? `does not have etag ${guard.etag}` : 'exists, the write expects it to be absent'
  return new Fault('conflict', `blob ${key} ${problem}: read it again`, { cause })
}
