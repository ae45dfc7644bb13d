import { Fault } from '../../core/platform/fault.ts'
import type { BlobGuard, BlobInfo } from '../../core/platform/ports.ts'
import { guardFault, headObject, type S3Bucket } from './s3-bucket.ts'
import { isNamed, s3Fault, statusOf } from './s3-fault.ts'
import { isTransient } from './transient.ts'

/** One write, and the mark by which its object is known again. */
export interface Write {
  bucket: S3Bucket
  key: string
  guard: BlobGuard
  id: string
}

/** Metadata of every object: tells a write whose answer was lost from that of another writer, even of the same bytes. */
export const WRITE_ID = 'sluice-write'

/**
 * Whether the write may have happened although S3 refused it or said nothing: the SDK sends a request again whose answer it did
 * not get, and that one meets the object (or the end of the upload) of the first.
 */
export function isLost(error: unknown): boolean {
  return isTransient(error) || isRace(error) || refusesGuard(error) || isNamed(error, 'NoSuchUpload')
}

/** The object, if it is this write's; undefined otherwise, also when S3 does not say. */
export async function ownObject({ bucket, key, id }: Write): Promise<BlobInfo | undefined> {
  const found = await headObject(bucket, key).catch(() => undefined)
  if (found?.metadata[WRITE_ID] !== id) return undefined
  const { metadata: _, ...info } = found
  return info
}

/** Fault `conflict` when the guard did not hold or another write was under way, else what `s3Fault` makes of it. */
export function writeFault({ bucket, key, guard }: Write, operation: string, error: unknown): Fault {
  if (isRace(error))
    return new Fault('conflict', `blob ${key} is being written by somebody else: read it again`, { cause: error })
  if (refusesGuard(error)) return guardFault(key, guard, error)
  return s3Fault(error, { operation, bucket: bucket.name, key })
}

/** Whether S3 refused the write for another one that was under way, which may fail: it says to try again. */
export function isRace(error: unknown): boolean {
  return isNamed(error, 'ConditionalRequestConflict', 'OperationAborted')
}

// If-Match on an object that is gone is answered with 404.
function refusesGuard(error: unknown): boolean {
  return isNamed(error, 'PreconditionFailed', 'NoSuchKey') || statusOf(error) === 412
}
