import { unionRows } from './row-sets.ts'
import { drawRows, type KeyOf } from './seeded-order.ts'

/** In the order of their codes: 0, 1, 2. */
export const bucketNames = ['easy', 'medium', 'hard'] as const
export type Bucket = (typeof bucketNames)[number]
export type BucketCounts = Record<Bucket, number>

export interface Balanced {
  /** The rows that stay, ascending. */
  rows: Uint32Array
  before: number
  after: number
  available: BucketCounts
  taken: BucketCounts
  /** The buckets that have too few rows for all to stay; empty when nothing was left out. */
  short: Bucket[]
  why: string
}

/**
 * The rows of one task, resampled to shares of difficulty without replacement: as many as the scarcest bucket allows, none twice.
 * `bucketOf` gives a row's code, 0 easy, 1 medium, 2 hard.
 */
export function balanceTask(
  rows: Uint32Array,
  bucketOf: (row: number) => number,
  target: BucketCounts,
  seed: number,
  keyOf?: KeyOf,
): Balanced {
  const byBucket = [0, 1, 2].map((code) => rows.filter((row) => bucketOf(row) === code))
  const available = counts(byBucket.map(({ length }) => length))
  const after = largestBalanced(available, target)
  const taken = bucketSizes(after, target)
  const drawn = bucketNames.map((name, code) => drawRows(byBucket[code] as Uint32Array, taken[name], seed, keyOf))
  const short = after === rows.length ? [] : shortOf(available, bucketSizes(after + 1, target))
  return {
    rows: unionRows(drawn),
    before: rows.length,
    after,
    available,
    taken,
    short,
    why: explain(rows.length, after, available, short),
  }
}

/** At most `n` of rows that are balanced already, drawn within the buckets; as many fewer as it takes to meet the shares. */
export function drawBalanced(
  rows: Uint32Array,
  bucketOf: (row: number) => number,
  target: BucketCounts,
  n: number,
  seed: number,
): Uint32Array {
  const byBucket = [0, 1, 2].map((code) => rows.filter((row) => bucketOf(row) === code))
  const available = counts(byBucket.map(({ length }) => length))
  let size = Math.min(n, rows.length)
  while (size > 0 && shortOf(available, bucketSizes(size, target)).length > 0) size -= 1
  const sizes = bucketSizes(size, target)
  return unionRows(bucketNames.map((name, code) => drawRows(byBucket[code] as Uint32Array, sizes[name], seed)))
}

/**
 * Sizes of the buckets of n rows: hard rounded up and easy rounded down, so that a gate on the least hard and the most easy share
 * holds for every n; medium is the rest.
 */
export function bucketSizes(n: number, target: BucketCounts): BucketCounts {
  const sum = target.easy + target.medium + target.hard
  let hard = Math.max(0, Math.ceil(n * (target.hard / sum) - 1e-6))
  while (hard / n < target.hard && hard < n) hard += 1
  let easy = Math.min(n - hard, Math.floor(n * (target.easy / sum) + 1e-6))
  while (easy / n > target.easy && easy > 0) easy -= 1
  return { easy, medium: n - hard - easy, hard }
}

/** Medium may shrink as n grows, so n counts down from all rows and the first that fits is the largest. */
function largestBalanced(available: BucketCounts, target: BucketCounts): number {
  let n = available.easy + available.medium + available.hard
  while (n > 0 && shortOf(available, bucketSizes(n, target)).length > 0) n -= 1
  return n
}

function shortOf(available: BucketCounts, wanted: BucketCounts): Bucket[] {
  return bucketNames.filter((name) => available[name] < wanted[name])
}

function counts([easy = 0, medium = 0, hard = 0]: number[]): BucketCounts {
  return { easy, medium, hard }
}

function explain(before: number, after: number, available: BucketCounts, short: Bucket[]): string {
  if (short.length === 0) return `all ${before} rows stay`
  const scarce = short.map((name) => `${available[name]} ${name}`).join(' and ')
  return `${after} of ${before} rows stay: there are only ${scarce} rows, and no row is taken twice`
}
