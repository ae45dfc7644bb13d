import type { ScratchSpace } from '../../platform/ports.ts'

/** Entries gathered in memory before they go to a file. */
const gathered = 1_024
/** Entries of one read. */
const piece = 65_536

/** Scratch files of fixed-width entries (u32 words), appended in gathered pieces and read back in pieces. */
export interface PartitionFiles {
  /** True when the partition is full: `await flush(partition)` before the next entry. */
  put(partition: number, entry: ArrayLike<number>): boolean
  flush(partition: number): Promise<void>
  flushAll(): Promise<void>
  /** Entries of one partition, once flushed. */
  count(partition: number): number
  pieces(partition: number): AsyncGenerator<Uint32Array>
}

/** Files `name-0`.. in the space, `width` words an entry. */
export function createPartitionFiles(
  space: ScratchSpace,
  name: string,
  partitions: number,
  width: number,
): PartitionFiles {
  const waiting = Array.from({ length: partitions }, () => new Uint32Array(gathered * width))
  const used = new Uint32Array(partitions)
  const file = (partition: number) => `${name}-${partition}`

  async function flush(partition: number): Promise<void> {
    const words = waiting[partition]!.subarray(0, used[partition])
    used[partition] = 0
    if (words.length > 0)
      await space.append(file(partition), new Uint8Array(words.buffer, words.byteOffset, words.byteLength))
  }

  return {
    put(partition, entry) {
      const into = waiting[partition]!
      let at = used[partition]!
      for (let word = 0; word < width; word++) into[at++] = entry[word]!
      used[partition] = at
      return at === into.length
    },
    flush,
    async flushAll() {
      for (let partition = 0; partition < partitions; partition++) await flush(partition)
    },
    count: (partition) => space.size(file(partition)) / (4 * width),
    async *pieces(partition) {
      const size = space.size(file(partition))
      for (let start = 0; start < size; start += piece * width * 4) {
        const bytes = await space.read(file(partition), { start, end: start + piece * width * 4 })
        yield wordsOf(bytes)
      }
    },
  }
}

/** The bytes as u32, copied only where they are not aligned. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >>> 2)
}
