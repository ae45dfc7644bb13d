import { Fault } from '../platform/fault.ts'

export interface FramePiece {
  bytes: Uint8Array
  /** Whether the frame ends with it. */
  last: boolean
}

const magic = 0xfd2fb528
const isSkippable = (word: number) => word >>> 4 === 0x184d2a5
const contentSizeBytes = [0, 2, 4, 8]
const dictionaryBytes = [0, 1, 2, 4]

/**
 * The frames of a zstd stream (RFC 8878 3.1.1) by their own lengths: the engine takes a cut frame for a whole one, and stops after
 * the first of several. Skippable frames are left out. Fault `invalid` for an end inside a frame and for what is no frame.
 */
export async function* zstdFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<FramePiece> {
  const cursor = createCursor(source)
  try {
    yield* framesOf(cursor)
  } finally {
    await cursor.close()
  }
}

async function* framesOf(cursor: ReturnType<typeof createCursor>): AsyncGenerator<FramePiece> {
  const passed = (bytes: Uint8Array): FramePiece => ({ bytes, last: false })
  while (!(await cursor.isAtEnd())) {
    const start = cursor.offset()
    const first = await cursor.exactly(4)
    const word = little(first)
    if (isSkippable(word)) {
      for await (const _ of cursor.upTo(little(await cursor.exactly(4))));
      continue
    }
    if (word !== magic)
      throw new Fault('invalid', `the zstd stream has no frame at byte ${start}; remove what follows, or copy it again`)
    yield passed(first)
    const descriptor = await cursor.exactly(1)
    yield passed(descriptor)
    const flags = descriptor[0] as number
    yield passed(await cursor.exactly(headerBytes(flags)))
    for (let last = false; !last; ) {
      const header = await cursor.exactly(3)
      yield passed(header)
      const block = little(header)
      last = (block & 1) === 1
      const isRun = ((block >> 1) & 3) === 1
      for await (const piece of cursor.upTo(isRun ? 1 : block >> 3)) yield passed(piece)
    }
    yield { bytes: await cursor.exactly(flags & 4 ? 4 : 0), last: true }
  }
}

/** Of the frame header behind its descriptor. */
function headerBytes(flags: number): number {
  const single = (flags >> 5) & 1
  return 1 - single + (dictionaryBytes[flags & 3] as number) + (contentSizeBytes[flags >> 6] || single)
}

function little(bytes: Uint8Array): number {
  return bytes.reduceRight((word, byte) => word * 256 + byte, 0)
}

function createCursor(source: AsyncIterable<Uint8Array>) {
  const pieces = source[Symbol.asyncIterator]()
  let held: Uint8Array = new Uint8Array(0)
  let offset = 0

  const isAtEnd = async () => {
    while (held.length === 0) {
      const { done, value } = await pieces.next()
      if (done) return true
      held = value
    }
    return false
  }
  async function* upTo(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0; ) {
      if (await isAtEnd())
        throw new Fault('invalid', `the zstd stream ends inside a frame, at byte ${offset}; copy the file again`)
      const part = held.subarray(0, left)
      held = held.subarray(part.length)
      left -= part.length
      offset += part.length
      yield part
    }
  }
  return {
    isAtEnd,
    upTo,
    offset: () => offset,
    close: () => pieces.return?.(),
    async exactly(count: number): Promise<Uint8Array> {
      const parts: Uint8Array[] = []
      for await (const part of upTo(count)) parts.push(part.slice())
      return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
    },
  }
}
