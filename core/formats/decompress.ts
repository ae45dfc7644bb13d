import { createGunzip, createZstdDecompress } from 'node:zlib'
import { Fault, isFault } from '../platform/fault.ts'
import { through } from './through.ts'
import { type FramePiece, zstdFrames } from './zstd-frames.ts'

export type Compression = 'gzip' | 'zstd'

export interface ExpansionLimits {
  /** Output bytes per input byte, judged once 16 MiB have come out. */
  maxRatio?: number
  /** Output bytes in all. */
  maxBytes?: number
}

const judgedFrom = 16 * 1024 * 1024
/** Text of chat rows shrinks 3 to 10 times, and hardly ever more than 60. */
const defaultRatio = 200

/** By the first four bytes; undefined when the bytes are not compressed in a way that is read here. */
export function compressionOf(first: Uint8Array): Compression | undefined {
  if (first[0] === 0x1f && first[1] === 0x8b) return 'gzip'
  if (first[0] === 0x28 && first[1] === 0xb5 && first[2] === 0x2f && first[3] === 0xfd) return 'zstd'
  // A skippable frame, as parallel compressors put first.
  const isSkippable = ((first[0] ?? 0) & 0xf0) === 0x50 && first[1] === 0x2a && first[2] === 0x4d && first[3] === 0x18
  return isSkippable ? 'zstd' : undefined
}

/**
 * The unpacked bytes of one or more gzip members or zstd frames, in bounded memory. Fault `invalid` names where the stream breaks,
 * Fault `too_large` what grows beyond the limits.
 */
export async function* decompressed(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  { maxRatio = defaultRatio, maxBytes = Number.POSITIVE_INFINITY }: ExpansionLimits = {},
): AsyncGenerator<Uint8Array> {
  let taken = 0
  let given = 0
  async function* counted() {
    for await (const piece of source) {
      taken += piece.length
      yield piece
    }
  }
  try {
    for await (const piece of compression === 'gzip' ? gunzip(counted()) : unzstd(counted())) {
      given += piece.length
      if (!(given <= maxBytes))
        throw tooLarge(`unpacks to more than ${maxBytes} bytes`, 'Split the file, or give a smaller one.')
      if (given > judgedFrom && !(given <= taken * maxRatio))
        throw tooLarge(
          `unpacks to more than ${maxRatio} times its size (${taken} bytes became ${given})`,
          'If this is data, unpack it first.',
        )
      yield piece
    }
  } catch (cause) {
    if (isFault(cause, 'too_large')) throw cause
    if (!isFault(cause) && !isCodecError(cause)) throw cause
    const message = `the ${compression} stream breaks after ${taken} bytes in, ${given} bytes out: ${(cause as Error).message}`
    const remedy = 'Pack or copy the file again; it is cut or damaged.'
    throw new Fault('invalid', message, { errors: [{ pointer: '', code: 'bad_compression', message, remedy }], cause })
  }
}

async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const engine = createGunzip()
  let taken = 0
  async function* counted() {
    for await (const piece of source) {
      taken += piece.length
      yield piece
    }
  }
  yield* through<Uint8Array>(counted(), engine)
  // The engine leaves alone what follows the last member.
  if (engine.bytesWritten < taken)
    throw new Fault('invalid', `${taken - engine.bytesWritten} bytes follow the last member`)
}

async function* unzstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces = zstdFrames(source)
  try {
    for (let first = await pieces.next(); !first.done; first = await pieces.next())
      yield* through<Uint8Array>(oneFrame(first.value, pieces), createZstdDecompress())
  } finally {
    await pieces.return(undefined)
  }
}

async function* oneFrame(first: FramePiece, pieces: AsyncGenerator<FramePiece>): AsyncGenerator<Uint8Array> {
  let piece = first
  for (;;) {
    if (piece.bytes.length > 0) yield piece.bytes
    if (piece.last) return
    const next = await pieces.next()
    if (next.done) return
    piece = next.value
  }
}

/** What zlib says of bytes; anything else came from the source. */
function isCodecError(error: unknown): error is Error {
  return error instanceof Error && 'errno' in error && /^(Z_|ZSTD_)/.test(String((error as { code?: unknown }).code))
}

function tooLarge(what: string, remedy: string): Fault {
  const message = `the compressed file ${what}`
  return new Fault('too_large', message, { errors: [{ pointer: '', code: 'expands_too_far', message, remedy }] })
}
