/** A file that can be read at any place, again and again. */
export interface ByteSource {
  /** In bytes. */
  size: number
  /** Bytes from `start` to before `end`. */
  slice(start: number, end: number): Promise<Uint8Array>
  stream(): AsyncIterable<Uint8Array>
}

/** A file, or a way to stream it from its start: the same bytes each time. */
export type Source = ByteSource | (() => AsyncIterable<Uint8Array>)

/** The bytes from the start. */
export function streamOf(source: Source): AsyncIterable<Uint8Array> {
  return typeof source === 'function' ? source() : source.stream()
}

/** Bytes in memory as a source. */
export function byteSourceOf(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    slice: async (start, end) => bytes.subarray(start, end),
    async *stream() {
      if (bytes.length > 0) yield bytes
    },
  }
}

/** Up to `count` first bytes; fewer when the stream is shorter. */
export async function firstBytes(source: AsyncIterable<Uint8Array>, count: number): Promise<Uint8Array> {
  const held: Uint8Array[] = []
  let size = 0
  for await (const piece of source) {
    // Copied, because a source may reuse its buffer for the next piece.
    held.push(piece.slice(0, count - size))
    size += Math.min(piece.length, count - size)
    if (size === count) break
  }
  return Buffer.concat(held)
}
