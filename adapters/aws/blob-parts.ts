import type { Hash } from 'node:crypto'
import { Fault } from '../../core/platform/fault.ts'

export type BlobBody = Uint8Array | string | AsyncIterable<Uint8Array>

export interface Part {
  bytes: Uint8Array
  /** Nothing follows. The first part of a small body is its last. */
  last: boolean
}

const MIB = 1_048_576
/** S3's bound on the parts of an upload. */
export const MOST_PARTS = 10_000

/**
 * Size of part `number` (from 1): 8 MiB for the first 500, twice as much every 500 parts, at most 768 MiB. 10,000 of them hold
 * more than 5 TiB, and an object needs no more than about a fifth of its size in memory at any size.
 */
export function partBytes(number: number): number {
  return Math.min(8 * 2 ** Math.floor((number - 1) / 500), 768) * MIB
}

/** Cuts the body into parts and hashes it on the way. Copies what a source yields, which may reuse its buffer. */
export async function* cutParts(key: string, body: BlobBody, hash: Hash): AsyncGenerator<Part, void, undefined> {
  if (typeof body === 'string' || body instanceof Uint8Array) {
    yield* cutBytes(typeof body === 'string' ? Buffer.from(body) : body, hash)
    return
  }
  let number = 1
  let buffer = Buffer.alloc(0)
  let filled = 0
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array))
      throw new Fault('invalid', `blob ${key}: the body yields ${typeof chunk}, not bytes`)
    hash.update(chunk)
    for (let at = 0; at < chunk.length; ) {
      // A full part waits for the next byte: only then is it known not to be the last.
      if (filled === partBytes(number)) {
        yield { bytes: buffer.subarray(0, filled), last: false }
        number += 1
        buffer = Buffer.allocUnsafeSlow(partBytes(number))
        filled = 0
      }
      const taken = Math.min(chunk.length - at, partBytes(number) - filled)
      buffer = grown(buffer, filled, filled + taken, partBytes(number))
      buffer.set(chunk.subarray(at, at + taken), filled)
      filled += taken
      at += taken
    }
  }
  yield { bytes: buffer.subarray(0, filled), last: true }
}

function* cutBytes(bytes: Uint8Array, hash: Hash): Generator<Part> {
  hash.update(bytes)
  let number = 1
  for (let at = 0; ; number++) {
    const end = Math.min(at + partBytes(number), bytes.length)
    yield { bytes: bytes.subarray(at, end), last: end === bytes.length }
    if (end === bytes.length) return
    at = end
  }
}

function grown(buffer: Buffer<ArrayBuffer>, filled: number, needed: number, most: number): Buffer<ArrayBuffer> {
  if (needed <= buffer.length) return buffer
  const larger = Buffer.allocUnsafeSlow(Math.min(most, Math.max(needed, 2 * buffer.length, 65_536)))
  buffer.copy(larger, 0, 0, filled)
  return larger
}
