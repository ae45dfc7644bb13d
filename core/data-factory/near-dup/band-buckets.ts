import type { PartitionFiles } from './partition-files.ts'

/** Words of an entry: band hash, first word of the exact key, row. */
export const bandWidth = 3

/** Rows that share a band hash with another, in an order that depends on their contents alone. */
export interface Buckets {
  rows: Uint32Array
  /** Start of each bucket in `rows`, and the end of the last. */
  starts: number[]
  /** Rows left out because the memory for one load was full. */
  leftOut: number
}

/** Counters, four for each entry, tell which hashes occur twice; a chance meeting there only costs a sort. */
const mostCounterBits = 22
const leastCounterBits = 10
/** Entries of one load: 20 bytes each. */
const mostEntries = 3_000_000
const digitBits = 11
const digits = 1 << digitBits

/** Buckets of the partitions given, of rows for which `counts` holds. */
export async function readBuckets(
  files: PartitionFiles,
  partitions: number[],
  counts: (row: number) => boolean,
): Promise<Buckets> {
  const entriesThere = partitions.reduce((sum, partition) => sum + files.count(partition), 0)
  const bits = Math.min(mostCounterBits, Math.max(leastCounterBits, 32 - Math.clz32(4 * entriesThere)))
  const counterMask = (1 << bits) - 1
  const seen = new Uint8Array(counterMask + 1)
  let twice = 0
  for (const partition of partitions)
    for await (const piece of files.pieces(partition))
      for (let at = 0; at < piece.length; at += bandWidth) {
        if (!counts(piece[at + 2]!)) continue
        const counter = piece[at]! & counterMask
        const times = seen[counter]!
        if (times === 1) twice += 2
        else if (times === 2) twice += 1
        if (times < 2) seen[counter] = times + 1
      }
  if (twice === 0) return { rows: new Uint32Array(), starts: [0], leftOut: 0 }

  const room = Math.min(twice, mostEntries)
  const entries = { hashes: new Uint32Array(room), ties: new Uint32Array(room), rows: new Uint32Array(room) }
  let kept = 0
  for (const partition of partitions)
    for await (const piece of files.pieces(partition))
      for (let at = 0; at < piece.length && kept < room; at += bandWidth) {
        if (seen[piece[at]! & counterMask] !== 2 || !counts(piece[at + 2]!)) continue
        entries.hashes[kept] = piece[at]!
        entries.ties[kept] = piece[at + 1]!
        entries.rows[kept] = piece[at + 2]!
        kept++
      }
  return { ...grouped(entries), leftOut: twice - kept }
}

function grouped(entries: { hashes: Uint32Array; ties: Uint32Array; rows: Uint32Array }): Omit<Buckets, 'leftOut'> {
  const order = sortedOrder([entries.ties, entries.hashes], entries.rows.length)
  const rows = new Uint32Array(order.length)
  const starts: number[] = []
  let kept = 0
  for (let from = 0; from < order.length; ) {
    const hash = entries.hashes[order[from]!]
    let to = from + 1
    while (to < order.length && entries.hashes[order[to]!] === hash) to++
    if (to - from > 1) {
      starts.push(kept)
      for (let at = from; at < to; at++) rows[kept++] = entries.rows[order[at]!]!
    }
    from = to
  }
  starts.push(kept)
  return { rows: rows.subarray(0, kept), starts }
}

/** Stable order by the last key, ties by the one before: radix sort of 11 bits at a time. */
function sortedOrder(keys: Uint32Array[], length: number): Uint32Array {
  let order = Uint32Array.from({ length }, (_, n) => n)
  let other = new Uint32Array(length)
  const counts = new Uint32Array(digits + 1)
  for (const key of keys)
    for (let shift = 0; shift < 32; shift += digitBits) {
      counts.fill(0)
      for (let at = 0; at < length; at++) counts[((key[at]! >>> shift) & (digits - 1)) + 1]!++
      for (let digit = 0; digit < digits; digit++) counts[digit + 1]! += counts[digit]!
      for (let at = 0; at < length; at++) {
        const entry = order[at]!
        other[counts[(key[entry]! >>> shift) & (digits - 1)]!++] = entry
      }
      ;[order, other] = [other, order]
    }
  return order
}
