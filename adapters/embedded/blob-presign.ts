import { createHmac, timingSafeEqual } from 'node:crypto'
import { checkBlobKey } from '../../core/platform/blob-key.ts'
import { Fault } from '../../core/platform/fault.ts'

export type PresignMethod = 'GET' | 'PUT'

const PATH = '/blobs/'
// S3's own bound for presigned URLs.
const LONGEST_SECONDS = 7 * 24 * 3600

/** `<base>/blobs/<key>?method&expires&signature`: allows the method on the key until `expires` (epoch seconds). */
export function presignUrl(
  base: string,
  signingKey: string | Uint8Array,
  grant: { key: string; method: PresignMethod; now: Date; expiresInSeconds: number },
): string {
  const { key, method, now, expiresInSeconds } = grant
  if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > LONGEST_SECONDS)
    throw new Fault(
      'invalid',
      `presign for ${expiresInSeconds} seconds: must be a whole number from 1 to ${LONGEST_SECONDS}`,
    )
  const expires = String(Math.floor(now.getTime() / 1000) + expiresInSeconds)
  const query = new URLSearchParams({
    method,
    expires,
    signature: sign(signingKey, method, checkBlobKey(key), expires),
  })
  return `${base}${PATH}${key.split('/').map(encodeURIComponent).join('/')}?${query}`
}

/** The key that a presigned URL allows `method` on. Fault `forbidden` when it is expired, altered or for another method. */
export function verifyPresigned(
  request: { method: string; pathname: string; query: URLSearchParams },
  signingKey: string | Uint8Array,
  now: Date,
): string {
  const key = keyOf(request.pathname)
  const method = request.query.get('method') ?? ''
  const expires = request.query.get('expires') ?? ''
  const expected = Buffer.from(sign(signingKey, method, key, expires))
  const given = Buffer.from(request.query.get('signature') ?? '')
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new Fault('forbidden', `the signature of the URL of blob ${key} does not match: ask for a new URL`)
  if (method !== request.method)
    throw new Fault('forbidden', `the URL of blob ${key} allows ${method}, not ${request.method}: ask for a new URL`)
  if (now.getTime() >= Number(expires) * 1000)
    throw new Fault('forbidden', `the URL of blob ${key} expired: ask for a new URL`)
  return key
}

function keyOf(pathname: string): string {
  if (!pathname.startsWith(PATH)) throw new Fault('forbidden', `${pathname} is no presigned path`)
  try {
    return checkBlobKey(decodeURIComponent(pathname.slice(PATH.length)))
  } catch (error) {
    throw new Fault('forbidden', `${pathname} names no blob: ask for a new URL`, { cause: error })
  }
}

// Neither a method nor a key holds a line break, so the joined text has one reading.
function sign(signingKey: string | Uint8Array, method: string, key: string, expires: string): string {
  return createHmac('sha256', signingKey).update(`${method}\n${key}\n${expires}`).digest('base64url')
}
