import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { PreflightLimits } from '../../schemas/recipe.ts'
import { createItemMatches, type ItemMatches } from '../data-factory/build/item-matches.ts'
import { mapBatches } from '../data-factory/build/map-batches.ts'
import type { PreparedBatch, PrepareInput } from '../data-factory/build/prepare-batch.ts'
import { createRowSpool, type RowSpool } from '../data-factory/build/row-spool.ts'
import { sourceBatches } from '../data-factory/build/source-batches.ts'
import type { LeakFinding, LeakItem } from '../data-factory/leak/leak-index.ts'
import { type Clusters, createClusterer } from '../data-factory/near-dup/cluster.ts'
import { referenceOf } from '../datasets/dataset-store.ts'
import type { Breach } from '../platform/fault.ts'
import type { Platform, ScratchSpace } from '../platform/ports.ts'
import { measureDiversity, type PoolDiversity } from './measure-diversity.ts'

export interface VersionMeasures {
  /** Rows of the version's format; columns of them on disk. */
  spool: RowSpool
  badRows: number
  problems: Breach[]
  clusters: Clusters
  /** By pass, the first rows that hold an evaluation item. */
  leaks: { number: number; finding: LeakFinding }[]
  leakedRows: Record<LeakFinding['pass'], number>
  matches: ItemMatches
  diversity: PoolDiversity[]
}

export interface MeasureOptions {
  limits: PreflightLimits
  /** Items that no row may hold; null for evaluation data. */
  items: LeakItem[] | null
  /** Of the whole look: the same items and limits. */
  key: string
  seed: number
  diversity: boolean
}

type Found = Pick<VersionMeasures, 'leaks' | 'leakedRows' | 'problems' | 'badRows'>

const maxKept = 20

/** One pass over a version on the worker threads: format, duplicates, leaks, lengths, difficulty features and diversity. */
export async function measureVersion(
  platform: Pick<Platform, 'blobs' | 'workers'>,
  space: ScratchSpace,
  version: DatasetVersion,
  { limits, items, key, seed, diversity }: MeasureOptions,
): Promise<VersionMeasures> {
  const spool = createRowSpool(space)
  const clusterer = createClusterer(space, { threshold: limits.near_dup_sim })
  const matches = createItemMatches()
  const found: Found = { leaks: [], leakedRows: { plain: 0, masked: 0 }, problems: [], badRows: 0 }
  const leak = items && { items, ngram: limits.leak_ngram, threshold: limits.leak_sim, masked: true, drop: false }
  const value = { operators: null, leak, signatures: true, difficulty: true }

  for await (const { batch } of mapBatches(platform.workers, { key, value }, inputs(platform, version))) {
    await spool.add(batch, 0)
    if (batch.signed) await clusterer.add(batch.signed)
    takeFindings(found, batch)
    matches.add(batch)
  }
  const options = { seed, lengths: { min: limits.min_len, max: limits.max_len } }
  // One after the other: together they would hold the memory of both.
  const clusters = await clusterer.finish()
  const measured = diversity && spool.rows > 0 ? await measureDiversity(platform, spool, options) : []
  return { ...found, spool, clusters, matches: matches.finish(), diversity: measured }
}

async function* inputs(
  { blobs }: Pick<Platform, 'blobs'>,
  version: DatasetVersion,
): AsyncGenerator<{ input: PrepareInput; tag: null }> {
  const { name: dataset, digest, format } = version
  const source = referenceOf(version)
  for await (const { bytes, firstNumber, rows } of sourceBatches(blobs, { dataset, digest }))
    yield { input: { bytes, firstNumber, rows, format, source }, tag: null }
}

function takeFindings(found: Found, { leaks, problems, badRows }: PreparedBatch): void {
  found.badRows += badRows
  found.problems.push(...problems.slice(0, maxKept - found.problems.length))
  const counted = { plain: new Set<number>(), masked: new Set<number>() }
  for (const leak of leaks) {
    const { pass } = leak.finding
    if (counted[pass].has(leak.number)) continue
    counted[pass].add(leak.number)
    found.leakedRows[pass] += 1
    if (found.leakedRows[pass] <= maxKept) found.leaks.push(leak)
  }
}
