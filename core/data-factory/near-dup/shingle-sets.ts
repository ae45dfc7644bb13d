import type { ScratchSpace } from '../../platform/ports.ts'
import type { SetRange } from './jaccard.ts'
import { wordsOf } from './partition-files.ts'
import type { SignedBatch } from './sign.ts'

const file = 'shingles'
/** Rows that share one 53-bit base, so that an end costs 4 bytes a row. */
const blockRows = 4_096
/** Bytes between two wanted rows that are cheaper read than skipped, and the most of one read. */
const gapBytes = 64 * 1024
const readBytes = 2 * 1024 * 1024

/** The shingle sets of all rows in one scratch file, and those wanted right now in memory. */
export interface ShingleSets {
  append(batch: SignedBatch): Promise<void>
  /** Shingles of a row. */
  size(row: number): number
  /** Brings the sets of these rows into memory, instead of those before. */
  load(rows: Uint32Array): Promise<void>
  /** The set of a loaded row, valid until the next call for the same `slot`. */
  set(row: number, slot: 0 | 1): SetRange
}

/** 4 bytes a row, and what is loaded. */
export function createShingleSets(space: ScratchSpace): ShingleSets {
  const bases: number[] = []
  const blocks: Uint32Array[] = []
  let rows = 0
  let total = 0
  let loaded = new Uint32Array()
  const places = new Map<number, number>()
  const slots: [SetRange, SetRange] = [emptyRange(), emptyRange()]

  const endOf = (row: number) =>
    bases[Math.floor(row / blockRows)]! + blocks[Math.floor(row / blockRows)]![row % blockRows]!
  const startOf = (row: number) => (row % blockRows === 0 ? bases[row / blockRows]! : endOf(row - 1))

  return {
    async append(batch) {
      for (let row = 0; row < batch.rows; row++, rows++) {
        const before = row === 0 ? 0 : batch.shingleEnds[row - 1]!
        if (rows % blockRows === 0) {
          bases.push(total + before)
          blocks.push(new Uint32Array(blockRows))
        }
        blocks.at(-1)![rows % blockRows] = total + batch.shingleEnds[row]! - bases.at(-1)!
      }
      total += batch.shingles.length
      const { buffer, byteOffset, byteLength } = batch.shingles
      await space.append(file, new Uint8Array(buffer, byteOffset, byteLength))
    },
    size: (row) => endOf(row) - startOf(row),
    async load(wanted) {
      const sorted = wanted.slice().sort()
      let words = 0
      for (let at = 0; at < sorted.length; at++)
        if (at === 0 || sorted[at] !== sorted[at - 1]) words += endOf(sorted[at]!) - startOf(sorted[at]!)
      if (loaded.length < words) loaded = new Uint32Array(words)
      places.clear()
      let place = 0
      for (let at = 0; at < sorted.length; ) {
        const start = startOf(sorted[at]!)
        let last = at
        let end = endOf(sorted[at]!)
        while (last + 1 < sorted.length) {
          const next = sorted[last + 1]!
          if (4 * (startOf(next) - end) > gapBytes || 4 * (endOf(next) - start) > readBytes) break
          end = endOf(next)
          last++
        }
        const read = wordsOf(await space.read(file, { start: 4 * start, end: 4 * end }))
        for (; at <= last; at++) {
          const row = sorted[at]!
          if (places.has(row)) continue
          places.set(row, place)
          loaded.set(read.subarray(startOf(row) - start, endOf(row) - start), place)
          place += endOf(row) - startOf(row)
        }
      }
    },
    set(row, slot) {
      const range = slots[slot]
      range.words = loaded
      range.start = places.get(row)!
      range.end = range.start + endOf(row) - startOf(row)
      return range
    },
  }
}

function emptyRange(): SetRange {
  return { words: new Uint32Array(), start: 0, end: 0 }
}
