import { Fault } from '../../core/platform/fault.ts'
import { isTransient } from './transient.ts'

/** What was asked of S3, for the message of a fault. */
export interface S3Request {
  operation: string
  bucket: string
  key: string
}

const REMEDIES: Record<string, string> = {
  NoSuchBucket: 'deploy the data stack, or correct SLUICE_BUCKET',
  AccessDenied: 'grant it to the function in functions/manifest.ts (an absent key reads so too without s3:ListBucket)',
  PermanentRedirect: 'the bucket is in another region: correct the region of the client',
}

/**
 * The fault for an error of S3 that no caller expects: `busy` for what may pass by itself (the SDK has tried several times by
 * then), `corrupt` for bytes that do not match their checksum, else `internal`. Names bucket, key and operation.
 */
export function s3Fault(error: unknown, { operation, bucket, key }: S3Request): Fault {
  if (error instanceof Fault) return error
  const what = `S3 ${operation} of blob ${key} in bucket ${bucket}`
  const { name, message } = error as Error
  const said = `${name}: ${message}`
  if (isTransient(error)) return new Fault('busy', `${what} failed, try again: ${said}`, { cause: error })
  if (isChecksumMismatch(error)) return new Fault('corrupt', `${what}: ${said}`, { cause: error })
  const remedy = REMEDIES[name] ?? (statusOf(error) === 403 ? REMEDIES.AccessDenied : undefined)
  return new Fault('internal', `${what}: ${said}${remedy ? `: ${remedy}` : ''}`, { cause: error })
}

/** The HTTP status S3 answered; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
}

export function isNamed(error: unknown, ...names: string[]): boolean {
  return names.includes((error as Error).name)
}

/** The SDK compares a body with the checksum S3 keeps, and reports a difference as a plain error when the body ends. */
export function isChecksumMismatch(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Checksum mismatch')
}
