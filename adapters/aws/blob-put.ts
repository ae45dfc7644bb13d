import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import type { BlobGuard, BlobInfo } from '../../core/platform/ports.ts'
import { putMultipart } from './blob-multipart.ts'
import { type BlobBody, cutParts } from './blob-parts.ts'
import { isLost, isRace, ownObject, WRITE_ID, type Write, writeFault } from './blob-write.ts'
import { conditionOf, guardFault, headObject, objectInfo, type S3Bucket } from './s3-bucket.ts'

const RACES = 5
const PAUSE_MS = 50

/**
 * Stores the body: one request up to 8 MiB, a multipart upload beyond. Fault `conflict` when the guard does not hold. The time
 * in the answer is this machine's, because S3 does not tell its own for a write.
 */
export async function putBlob(
  bucket: S3Bucket,
  key: string,
  body: BlobBody,
  guard: BlobGuard,
): Promise<BlobInfo & { sha256: string }> {
  const write: Write = { bucket, key, guard, id: randomUUID() }
  if (isStream(body)) await expectGuard(write, body)
  const hash = createHash('sha256')
  const parts = cutParts(key, body, hash)
  try {
    const { bytes, last } = await parts.next().then(({ value }) => value ?? { bytes: new Uint8Array(), last: true })
    if (!last) return { ...(await putMultipart(write, bytes, parts)), sha256: hash.digest('hex') }
    const digest = hash.digest()
    return { ...(await putWhole(write, bytes, digest)), sha256: digest.toString('hex') }
  } finally {
    await parts.return()
  }
}

async function putWhole(write: Write, bytes: Uint8Array, sha256: Buffer): Promise<BlobInfo> {
  const { bucket, key, guard, id } = write
  for (let race = 1; ; race++) {
    // S3 refuses bytes that do not match. It keeps SHA-256 for whole objects, and it is computed anyway.
    const command = new PutObjectCommand({
      Bucket: bucket.name,
      Key: key,
      Body: bytes,
      ...conditionOf(key, guard),
      ChecksumSHA256: sha256.toString('base64'),
      Metadata: { [WRITE_ID]: id },
    })
    try {
      const { ETag } = await bucket.client().send(command)
      return objectInfo(key, bytes.length, ETag, bucket.clock.now())
    } catch (error) {
      const own = isLost(error) ? await ownObject(write) : undefined
      if (own) return own
      if (race === RACES || !isRace(error)) throw writeFault(write, 'PutObject', error)
      await bucket.clock.sleep(PAUSE_MS * 2 ** race * (0.5 + Math.random() / 2))
    }
  }
}

// Spares the upload of a long body whose guard cannot hold. Only a hint: the write itself carries the guard.
async function expectGuard({ bucket, key, guard }: Write, body: AsyncIterable<Uint8Array>): Promise<void> {
  if (guard === 'any') return
  const found = await headObject(bucket, key).catch(() => 'unknown' as const)
  if (found === 'unknown') return
  if (guard === 'absent' ? !found : found?.etag === guard.etag) return
  await discard(body)
  throw guardFault(key, guard)
}

function isStream(body: BlobBody): body is AsyncIterable<Uint8Array> {
  return typeof body !== 'string' && !(body instanceof Uint8Array)
}

// A source that nobody reads would keep its file or connection open. An iterator of a node stream that has not begun ends
// without telling the stream.
async function discard(body: AsyncIterable<Uint8Array>): Promise<void> {
  if (body instanceof Readable) body.destroy()
  else await body[Symbol.asyncIterator]().return?.()
}
