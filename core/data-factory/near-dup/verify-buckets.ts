import type { Buckets } from './band-buckets.ts'
import type { DisjointSets } from './disjoint-sets.ts'
import { atLeast } from './jaccard.ts'
import type { ShingleSets } from './shingle-sets.ts'

/** Shingles in memory at once (4 bytes each), but for one pair that is larger. */
const mostShingles = 8 * 1024 * 1024
const firstSlice = 64

/** What the comparisons of one run found. */
export interface Findings {
  comparisons: number
  skipped: number
  pairs: { a: number; b: number; jaccard: number }[]
}

interface Bucket {
  next: number
  end: number
  start: number
  slice: number
  failed: number
  capped: boolean
  /** Rows seen, by cluster: at most `cap` of each, since that many failures end the bucket. */
  groups: number[][]
}

interface Limits {
  threshold: number
  cap: number
  mostPairs: number
}

/**
 * Compares the rows of each bucket that are in different clusters, by their shingles, and joins those that are similar. A
 * comparison that joins costs nothing of the cap, for there are fewer of them than rows; after `cap` that do not, the bucket ends.
 */
export async function verifyBuckets(
  { rows, starts }: Buckets,
  sets: ShingleSets,
  clusters: DisjointSets,
  limits: Limits,
  findings: Findings,
): Promise<void> {
  let next = 0
  let open: Bucket[] = []
  while (next < starts.length - 1 || open.length > 0) {
    const round: { bucket: Bucket; to: number }[] = []
    const wanted: number[] = []
    let shingles = 0
    const resumed = open
    open = []
    for (;;) {
      const bucket = resumed.shift() ?? opened(next++)
      if (bucket === undefined) break
      if (!differs(bucket)) continue
      const mark = wanted.length
      for (const group of bucket.groups) for (const row of group) shingles += want(wanted, row)
      let to = bucket.next
      while (to < bucket.end && to - bucket.next < bucket.slice && (shingles < mostShingles || to - bucket.next < 2))
        shingles += want(wanted, rows[to++]!)
      if (shingles > mostShingles && round.length > 0) {
        wanted.length = mark
        resumed.unshift(bucket)
        break
      }
      round.push({ bucket, to })
      if (shingles >= mostShingles) break
    }
    await sets.load(Uint32Array.from(wanted))
    for (const { bucket, to } of round) {
      advance(bucket, to)
      if (bucket.capped) findings.skipped += uncompared(bucket)
      else if (bucket.next < bucket.end) open.push(bucket)
    }
    open.push(...resumed)
  }

  function opened(at: number): Bucket | undefined {
    const start = starts[at]
    const end = starts[at + 1]
    if (start === undefined || end === undefined) return undefined
    return { next: start, start, end, slice: firstSlice, failed: 0, capped: false, groups: [] }
  }

  function want(wanted: number[], row: number): number {
    wanted.push(row)
    return sets.size(row)
  }

  function differs(bucket: Bucket): boolean {
    const root = clusters.find(rows[bucket.start]!)
    for (let at = bucket.start + 1; at < bucket.end; at++) if (clusters.find(rows[at]!) !== root) return true
    return false
  }

  function advance(bucket: Bucket, to: number): void {
    for (; bucket.next < to && !bucket.capped; bucket.next++) {
      const row = rows[bucket.next]!
      for (const group of bucket.groups) {
        for (const member of group) {
          if (clusters.find(member) === clusters.find(row)) break
          if (bucket.failed >= limits.cap) bucket.capped = true
          if (bucket.capped) return
          if (!compare(member, row)) bucket.failed++
        }
      }
      regroup(bucket, row)
    }
    bucket.slice *= 8
  }

  function compare(a: number, b: number): boolean {
    findings.comparisons++
    const similarity = atLeast(sets.set(a, 0), sets.set(b, 1), limits.threshold)
    if (similarity === undefined) return false
    clusters.join(a, b)
    if (findings.pairs.length < limits.mostPairs)
      findings.pairs.push({ a: Math.min(a, b), b: Math.max(a, b), jaccard: similarity })
    return true
  }

  function regroup(bucket: Bucket, row: number): void {
    const root = clusters.find(row)
    const joined = bucket.groups.filter((group) => clusters.find(group[0]!) === root)
    if (joined.length === 1) {
      if (joined[0]!.length < limits.cap) joined[0]!.push(row)
      return
    }
    bucket.groups = bucket.groups.filter((group) => !joined.includes(group))
    bucket.groups.push([...joined.flat(), row].slice(0, limits.cap))
  }

  /** Pairs of the bucket in different clusters, less those whose comparison failed. */
  function uncompared({ start, end, failed }: Bucket): number {
    const roots = rows.slice(start, end)
    for (let at = 0; at < roots.length; at++) roots[at] = clusters.find(roots[at]!)
    roots.sort()
    let together = 0
    for (let from = 0; from < roots.length; ) {
      let to = from
      while (to < roots.length && roots[to] === roots[from]) to++
      together += ((to - from) * (to - from - 1)) / 2
      from = to
    }
    return Math.max(0, (roots.length * (roots.length - 1)) / 2 - together - failed)
  }
}
