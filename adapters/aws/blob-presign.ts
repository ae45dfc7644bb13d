import { GetObjectCommand, PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { checkBlobKey } from '../../core/platform/blob-key.ts'
import { Fault } from '../../core/platform/fault.ts'

// S3's own bound. A URL signed with the credentials of a role ends with them, which may be sooner.
const LONGEST_SECONDS = 7 * 24 * 3600

export interface Grant {
  bucket: string
  key: string
  method: 'GET' | 'PUT'
  now: Date
  expiresInSeconds: number
}

/** Signs URLs, each for one method on one key. Fault `invalid` for a bad key or time. */
export function createPresigner(config: S3ClientConfig): (grant: Grant) => Promise<string> {
  let client: S3Client | undefined

  return async function presign({ bucket, key, method, now, expiresInSeconds }) {
    checkBlobKey(key)
    if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > LONGEST_SECONDS)
      throw new Fault(
        'invalid',
        `presign for ${expiresInSeconds} seconds: must be a whole number from 1 to ${LONGEST_SECONDS}`,
      )
    const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
    // By default the SDK would sign the checksum of the empty body it sees, and S3 refuse every other.
    client ??= new S3Client({
      ...config,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    })
    const object = { Bucket: bucket, Key: key }
    const command = method === 'GET' ? new GetObjectCommand(object) : new PutObjectCommand(object)
    return getSignedUrl(client, command, { expiresIn: expiresInSeconds, signingDate: now })
  }
}
