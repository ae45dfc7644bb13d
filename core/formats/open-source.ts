import { Fault } from '../platform/fault.ts'
import { type ByteSource, byteSourceOf, type Source, streamOf } from './byte-source.ts'
import { type Compression, compressionOf, decompressed, type ExpansionLimits } from './decompress.ts'
import { foreignFile, isParquet } from './file-signature.ts'

/** A Parquet file that comes as a stream, or packed, is read into memory up to this size. */
export const maxHeldParquetBytes = 256 * 1024 * 1024
const sniffedBytes = 64 * 1024

export type Opened = { compression: Compression | undefined } & (
  | { parquet: ByteSource }
  /** Without a byte order mark; `first` are its first bytes, up to 64 KB. */
  | { text: AsyncIterable<Uint8Array>; first: Uint8Array; parquet?: undefined }
)

/** Opens a file by its first bytes, never by its name. Fault `invalid` for what is not read here. */
export async function openSource(source: Source, limits: ExpansionLimits): Promise<Opened> {
  const outer = await peek(streamOf(source), sniffedBytes)
  const compression = compressionOf(outer.first)
  const inner = compression ? await peek(decompressed(outer.all, compression, limits), sniffedBytes) : outer
  const { first, all } = inner
  if (compression && compressionOf(first)) {
    await all.return(undefined)
    throw refusal('compressed_twice', 'the file is compressed twice', 'Unpack it once.')
  }
  const foreign = foreignFile(first)
  if (foreign) {
    await all.return(undefined)
    throw new Fault('invalid', foreign.message, { errors: [foreign] })
  }
  if (!isParquet(first)) return { compression, ...withoutMark(first, all) }
  if (typeof source === 'function' || compression) return { compression, parquet: byteSourceOf(await hold(all)) }
  await all.return(undefined)
  return { compression, parquet: source }
}

function withoutMark(first: Uint8Array, all: AsyncIterable<Uint8Array>) {
  const isMarked = first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf
  return isMarked ? { first: first.subarray(3), text: dropped(all, 3) } : { first, text: all }
}

async function* dropped(source: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count
  for await (const piece of source) {
    if (left < piece.length) yield piece.subarray(left)
    left = Math.max(0, left - piece.length)
  }
}

/** The first bytes, and the whole stream with them; whoever does not read `all` must return it. */
async function peek(source: AsyncIterable<Uint8Array>, count: number) {
  const pieces = source[Symbol.asyncIterator]()
  const held: Uint8Array[] = []
  let size = 0
  while (size < count) {
    const next = await pieces.next()
    if (next.done) break
    // Copied, because a source may reuse its buffer for the next piece.
    held.push(next.value.slice())
    size += next.value.length
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* held.splice(0)
      for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value
    } finally {
      await pieces.return?.()
    }
  }
  const first = Buffer.concat(held).subarray(0, count)
  const stream = all()
  return { first, all: { [Symbol.asyncIterator]: () => stream, return: close } }

  /** A generator that has not begun would return without closing what it reads. */
  async function close(_: undefined) {
    await stream.return(undefined)
    await pieces.return?.()
  }
}

async function hold(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const held: Uint8Array[] = []
  let size = 0
  for await (const piece of source) {
    size += piece.length
    if (size > maxHeldParquetBytes)
      throw refusal(
        'large_parquet',
        `a Parquet file that is streamed or compressed may have ${maxHeldParquetBytes} bytes`,
        'Convert it where it lies: sluice data convert FILE OUT.jsonl.',
      )
    held.push(piece.slice())
  }
  return Buffer.concat(held)
}

function refusal(code: string, message: string, remedy: string): Fault {
  return new Fault('invalid', message, { errors: [{ pointer: '', code, message, remedy }] })
}
