import type { PartitionFiles } from './partition-files.ts'

/** Words of an entry: four of the key, then the row. */
export const exactWidth = 5

/** Calls `same(first, row)` for every row whose key an earlier row has; keeps only the distinct keys of a partition. */
export async function eachExactDuplicate(
  files: PartitionFiles,
  partitions: number,
  same: (first: number, row: number) => void,
): Promise<void> {
  for (let partition = 0; partition < partitions; partition++) {
    let kept = new Uint32Array(1_024 * exactWidth)
    let count = 0
    let slots = new Uint32Array(4_096)
    for await (const piece of files.pieces(partition)) {
      for (let at = 0; at < piece.length; at += exactWidth) {
        const slot = findSlot(slots, kept, piece, at)
        const found = slots[slot]!
        if (found > 0) {
          same(kept[(found - 1) * exactWidth + 4]!, piece[at + 4]!)
          continue
        }
        if ((count + 1) * exactWidth > kept.length) kept = widened(kept)
        for (let word = 0; word < exactWidth; word++) kept[count * exactWidth + word] = piece[at + word]!
        slots[slot] = ++count
        if (count * 2 > slots.length) slots = rehashed(kept, count)
      }
    }
  }
}

/** Where the key at `at` is, or where it belongs. The first word chose the partition, so the second spreads. */
function findSlot(slots: Uint32Array, kept: Uint32Array, from: Uint32Array, at: number): number {
  const mask = slots.length - 1
  let slot = from[at + 1]! & mask
  for (;;) {
    const found = slots[slot]!
    if (found === 0) return slot
    const key = (found - 1) * exactWidth
    if (
      kept[key] === from[at] &&
      kept[key + 1] === from[at + 1] &&
      kept[key + 2] === from[at + 2] &&
      kept[key + 3] === from[at + 3]
    )
      return slot
    slot = (slot + 1) & mask
  }
}

function widened(kept: Uint32Array): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(kept.length * 2)
  wider.set(kept)
  return wider
}

function rehashed(kept: Uint32Array, count: number): Uint32Array<ArrayBuffer> {
  let size = 4_096
  while (size < count * 4) size *= 2
  const slots = new Uint32Array(size)
  for (let n = 0; n < count; n++) slots[findSlot(slots, kept, kept, n * exactWidth)] = n + 1
  return slots
}
