import { seededHash } from '../data-factory/select/seeded-order.ts'

const ranks = 2 ** 53

/**
 * Rows of each task whose texts are together about `maxBytes` at most: every task has the same share of it, and what a small task leaves
 * over goes to the others. Within a task a uniform sample that the seed decides, ascending, of one row at least.
 */
export function sampleTexts(
  tasks: ReadonlyMap<string, Uint32Array>,
  lengths: Uint32Array,
  { seed, maxBytes }: { seed: number; maxBytes: number },
): Map<string, Uint32Array> {
  const sizes = new Map([...tasks].map(([task, rows]) => [task, bytesOf(rows, lengths)]))
  const most = fairShare([...sizes.values()], maxBytes)
  return new Map([...tasks].map(([task, rows]) => [task, draw(rows, most / (sizes.get(task) as number), seed)]))
}

function draw(rows: Uint32Array, share: number, seed: number): Uint32Array {
  if (share >= 1) return rows
  const kept = rows.filter((row) => seededHash(seed, row) < share * ranks)
  return kept.length > 0 ? kept : rows.slice(0, 1)
}

/** How much each may take at most, so that all together take `whole`. */
function fairShare(sizes: number[], whole: number): number {
  let left = whole
  const ascending = sizes.toSorted((a, b) => a - b)
  for (const [i, size] of ascending.entries()) {
    const share = left / (ascending.length - i)
    if (size > share) return share
    left -= size
  }
  return Number.POSITIVE_INFINITY
}

function bytesOf(rows: Uint32Array, lengths: Uint32Array): number {
  let sum = 0
  for (const row of rows) sum += lengths[row] as number
  return sum
}
