import { Fault } from '../../platform/fault.ts'
import type { ScratchSpace } from '../../platform/ports.ts'
import { bandWidth, readBuckets } from './band-buckets.ts'
import { createDisjointSets, type DisjointSets } from './disjoint-sets.ts'
import { eachExactDuplicate, exactWidth } from './exact-groups.ts'
import { lowestToKept } from './lowest-to-kept.ts'
import { createPartitionFiles, wordsOf } from './partition-files.ts'
import { createShingleSets } from './shingle-sets.ts'
import { bandCount, type SignedBatch } from './sign.ts'
import { type Findings, verifyBuckets } from './verify-buckets.ts'

const exactPartitions = 16
const bandPartitions = 8
/** Bands read side by side while they have no more entries than this. */
const entriesAtOnce = 1_000_000
const mostPairs = 20

/** Connected components: two rows of a cluster need not be similar themselves, only linked by rows that are. */
export interface Clusters {
  rows: number
  /** Smallest row of each row's cluster: the one to keep. */
  clusterOf: Uint32Array
  /** The first row that each row equals after normalising; a row itself when none is before it. */
  exactOf: Uint32Array
  /** Rows beyond the first of those equal after normalising. */
  exactDuplicates: number
  /** Rows beyond the first of a cluster, exact duplicates left out. */
  nearDuplicates: number
  comparisons: number
  /** Candidate pairs that the cap left uncompared, counted in each bucket that held them. */
  skipped: number
  /** The first 20 similar pairs found; `a` < `b`. */
  pairs: { a: number; b: number; jaccard: number }[]
  /** Smallest Jaccard of a row to the row its cluster keeps; 1 when only exact duplicates were found. */
  lowestToKept: number
}

export interface ClusterOptions {
  /** Jaccard of the shingle sets, above 0 up to 1. */
  threshold: number
  /** Comparisons without success after which a bucket is left: 64 unless told. */
  maxComparisonsPerBucket?: number
}

/**
 * Clusters rows by exact Jaccard >= threshold among those that share a band, in about 12 bytes of memory a row. Exact up to two
 * shingles with one hash (2^-32 a pair); pairs that share no band are missed: see `Signature.bands`. The same rows give the same
 * clusters whatever the batches, and in another order the same rows end up together.
 */
export function createClusterer(space: ScratchSpace, options: ClusterOptions) {
  const { threshold, maxComparisonsPerBucket: cap = 64 } = options
  if (!(threshold > 0 && threshold <= 1)) throw refused('threshold', threshold, 'above 0, at most 1')
  if (!(Number.isInteger(cap) && cap > 0)) throw refused('maxComparisonsPerBucket', cap, 'a positive integer')
  const exact = createPartitionFiles(space, 'exact', exactPartitions, exactWidth)
  const bands = createPartitionFiles(space, 'bands', bandCount * bandPartitions, bandWidth)
  const sets = createShingleSets(space)
  let rows = 0

  return {
    /** Rows follow those of the batches before; the batch may be reused when this is done. */
    async add(batch: SignedBatch): Promise<void> {
      await sets.append(batch)
      const keys = wordsOf(batch.exact)
      const exactEntry = new Uint32Array(exactWidth)
      const bandEntry = new Uint32Array(bandWidth)
      for (let at = 0; at < batch.rows; at++, rows++) {
        for (let word = 0; word < 4; word++) exactEntry[word] = keys[4 * at + word]!
        exactEntry[4] = rows
        const partition = keys[4 * at]! >>> 28
        if (exact.put(partition, exactEntry)) await exact.flush(partition)
        // Without words there is nothing to be similar in.
        if (batch.shingleEnds[at] === (at === 0 ? 0 : batch.shingleEnds[at - 1])) continue
        bandEntry[1] = keys[4 * at]!
        bandEntry[2] = rows
        for (let band = 0; band < bandCount; band++) {
          const hash = batch.bands[bandCount * at + band]!
          bandEntry[0] = hash
          const into = band * bandPartitions + (hash >>> 29)
          if (bands.put(into, bandEntry)) await bands.flush(into)
        }
      }
    },

    async finish(): Promise<Clusters> {
      await exact.flushAll()
      await bands.flushAll()
      const clusters = createDisjointSets(rows)
      const exactOf = Uint32Array.from({ length: rows }, (_, row) => row)
      let exactDuplicates = 0
      await eachExactDuplicate(exact, exactPartitions, (first, row) => {
        clusters.join(first, row)
        exactOf[row] = first
        exactDuplicates++
      })
      const isFirst = (row: number) => exactOf[row] === row
      const findings = await compareBands(clusters, isFirst)
      const clusterOf = clusters.roots()
      const lowest = await lowestToKept(clusterOf, isFirst, sets)
      let kept = 0
      for (let row = 0; row < rows; row++) if (clusterOf[row] === row) kept++
      const nearDuplicates = rows - exactDuplicates - kept
      return { rows, clusterOf, exactOf, exactDuplicates, nearDuplicates, ...findings, lowestToKept: lowest }
    },
  }

  async function compareBands(clusters: DisjointSets, isFirst: (row: number) => boolean): Promise<Findings> {
    const findings: Findings = { comparisons: 0, skipped: 0, pairs: [] }
    for (let band = 0; band < bandCount; band++) {
      let together: number[] = []
      let entries = 0
      for (let part = 0; part < bandPartitions; part++) {
        const partition = band * bandPartitions + part
        together.push(partition)
        entries += bands.count(partition)
        if (entries < entriesAtOnce && part < bandPartitions - 1) continue
        const buckets = await readBuckets(bands, together, isFirst)
        findings.skipped += buckets.leftOut
        await verifyBuckets(buckets, sets, clusters, { threshold, cap, mostPairs }, findings)
        together = []
        entries = 0
      }
    }
    return findings
  }
}

function refused(name: string, value: number, remedy: string): Fault {
  const message = `${name} ${value} must be ${remedy}`
  return new Fault('invalid', message, {
    errors: [{ pointer: `/${name}`, code: 'range', message, remedy: `give ${remedy}` }],
  })
}
