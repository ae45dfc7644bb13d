import { Readable } from 'node:stream'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { type ByteRange, checkRange } from '../../core/platform/byte-range.ts'
import { Fault } from '../../core/platform/fault.ts'
import type { Clock } from '../../core/platform/ports.ts'
import { headObject, type S3Bucket } from './s3-bucket.ts'
import { isChecksumMismatch, isNamed, s3Fault, statusOf } from './s3-fault.ts'

interface OpenObject {
  body: Readable
  etag: string
  /** Bytes in `body`. */
  size: number
}

const PIECE_BYTES = 1_048_576
// Connections that break in a row without a byte between them.
const TRIES = 5
const PAUSE_MS = 100
// The SDK bounds the time until an answer begins, not the time between its bytes.
const STALL_MS = 20_000

/** The object or a range of it in memory; undefined when absent. */
export async function getBlob(bucket: S3Bucket, key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
  checkRange(range)
  // S3 has no way to ask for no byte.
  if (range && range.start === range.end) return (await headObject(bucket, key)) && new Uint8Array()
  const opened = await openObject(bucket, key, range)
  if (!opened) return undefined
  const bytes = new Uint8Array(opened.size)
  let at = 0
  for await (const piece of pieces(bucket, key, opened, range?.start ?? 0)) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** Streams the object as it is when the reading begins. Faults: `not_found`, `conflict` when it changes under a broken connection. */
export async function* readBlob(bucket: S3Bucket, key: string): AsyncGenerator<Uint8Array> {
  const opened = await openObject(bucket, key)
  if (!opened) throw new Fault('not_found', `blob ${key} does not exist`)
  yield* pieces(bucket, key, opened, 0)
}

// A connection that breaks is opened again where it broke, on the same object.
async function* pieces(bucket: S3Bucket, key: string, first: OpenObject, start: number): AsyncGenerator<Uint8Array> {
  const end = start + first.size
  let at = start
  let broken = 0
  for (let opened = first; ; opened = await reopen(bucket, key, { start: at, end }, first.etag)) {
    try {
      for await (const chunk of flowing(opened.body, bucket.clock)) {
        for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
          const piece = chunk.subarray(from, from + PIECE_BYTES)
          at += piece.length
          broken = 0
          yield piece
        }
      }
      if (at >= end) return
      throw new Error(`the body ended ${end - at} bytes early`)
    } catch (error) {
      if (isChecksumMismatch(error)) throw s3Fault(error, { operation: 'GetObject', bucket: bucket.name, key })
      if (at >= end) return
      broken += 1
      if (broken === TRIES) throw brokenFault(bucket, key, error)
    }
    await bucket.clock.sleep(PAUSE_MS * 2 ** broken * (0.5 + Math.random() / 2))
  }
}

async function* flowing(body: Readable, clock: Clock): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await unlessStalled(chunks.next(), clock)
      if (next.done) return
      yield next.value
    }
  } finally {
    // The iterator's own end would wait for a chunk that does not come.
    body.destroy()
  }
}

async function unlessStalled<T>(next: Promise<T>, clock: Clock): Promise<T> {
  const came = new AbortController()
  const stalled = clock.sleep(STALL_MS, came.signal).then(() => {
    throw new Error(`no byte came for ${STALL_MS / 1000} s`)
  })
  // Whichever comes second is of no interest, and may fail.
  next.catch(() => {})
  stalled.catch(() => {})
  try {
    return await Promise.race([next, stalled])
  } finally {
    came.abort('came')
  }
}

async function reopen(bucket: S3Bucket, key: string, range: ByteRange, etag: string): Promise<OpenObject> {
  const opened = await openObject(bucket, key, range, etag)
  if (opened) return opened
  throw new Fault('conflict', `blob ${key} changed while it was read: read it again`)
}

function brokenFault(bucket: S3Bucket, key: string, error: unknown): Fault {
  const what = `S3 GetObject of blob ${key} in bucket ${bucket.name}`
  return new Fault('busy', `${what}: the connection broke ${TRIES} times, try again: ${(error as Error).message}`, {
    cause: error,
  })
}

/** undefined when absent, or no longer the object with this etag. A range behind the end is empty. */
async function openObject(
  bucket: S3Bucket,
  key: string,
  range?: ByteRange,
  etag?: string,
): Promise<OpenObject | undefined> {
  const command = new GetObjectCommand({
    Bucket: bucket.name,
    Key: key,
    ...(range ? { Range: rangeHeader(range) } : {}),
    ...(etag === undefined ? {} : { IfMatch: etag }),
  })
  try {
    const { Body, ETag, ContentLength } = await bucket.client().send(command)
    if (!Body || ETag === undefined || ContentLength === undefined)
      throw new Fault('internal', `S3 GetObject of blob ${key} in bucket ${bucket.name} has no body, ETag or length`)
    return { body: Body as Readable, etag: ETag, size: ContentLength }
  } catch (error) {
    if (isNamed(error, 'NoSuchKey') || (etag !== undefined && statusOf(error) === 412)) return undefined
    if (isNamed(error, 'InvalidRange')) return { body: Readable.from([]), etag: '', size: 0 }
    throw s3Fault(error, { operation: 'GetObject', bucket: bucket.name, key })
  }
}

function rangeHeader({ start, end }: ByteRange): string {
  return `bytes=${start}-${end === undefined ? '' : end - 1}`
}
