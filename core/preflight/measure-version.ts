import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { PreflightLimits } from '../../schemas/recipe.ts'
import { none } from '../data-factory/build/category-columns.ts'
import { mapBatches } from '../data-factory/build/map-batches.ts'
import type { PreparedBatch, PrepareInput } from '../data-factory/build/prepare-batch.ts'
import { createRowSpool, type RowSpool } from '../data-factory/build/row-spool.ts'
import { sourceBatches } from '../data-factory/build/source-batches.ts'
import { noTask } from '../data-factory/build/task-rows.ts'
import type { DiversitySample, TaskDiversity } from '../data-factory/diversity/diversity-collector.ts'
import type { LeakFinding, LeakItem } from '../data-factory/leak/leak-index.ts'
import { type Clusters, createClusterer } from '../data-factory/near-dup/cluster.ts'
import { referenceOf } from '../datasets/dataset-store.ts'
import type { Breach } from '../platform/fault.ts'
import type { Platform, ScratchSpace } from '../platform/ports.ts'
import { createTextSample } from './text-sample.ts'

export interface VersionMeasures {
  /** Rows of the version's format; columns of them on disk. */
  spool: RowSpool
  badRows: number
  problems: Breach[]
  clusters: Clusters
  /** By pass, every row that holds an evaluation item. */
  leaks: { number: number; finding: LeakFinding }[]
  leakedRows: Record<LeakFinding['pass'], number>
  diversity: TaskDiversity[]
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
  const sample = createTextSample<DiversitySample>(seed)
  const found: Pick<VersionMeasures, 'leaks' | 'leakedRows' | 'problems'> & { badRows: number } = {
    leaks: [],
    leakedRows: { plain: 0, masked: 0 },
    problems: [],
    badRows: 0,
  }
  const leak = items && { items, ngram: limits.leak_ngram, threshold: limits.leak_sim, masked: true, drop: false }
  const value = { operators: null, leak, signatures: true, difficulty: true, texts: diversity }

  for await (const { batch } of mapBatches(platform.workers, { key, value }, inputs(platform, version))) {
    await spool.add(batch, 0)
    if (batch.signed) await clusterer.add(batch.signed)
    takeFindings(found, batch)
    if (diversity) for (const each of samplesOf(batch)) sample.add(each, each.text.length)
  }
  const measured = diversity && spool.rows > 0 ? await measureDiversity(platform, sample.kept(), limits, seed) : []
  return { ...found, spool, clusters: await clusterer.finish(), diversity: measured }
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

function takeFindings(
  found: Pick<VersionMeasures, 'leaks' | 'leakedRows' | 'problems'> & { badRows: number },
  { leaks, problems, badRows }: PreparedBatch,
): void {
  found.badRows += badRows
  found.problems.push(...problems.slice(0, maxKept - found.problems.length))
  const counted = { plain: new Set<number>(), masked: new Set<number>() }
  for (const leak of leaks) {
    const rows = counted[leak.finding.pass]
    if (rows.has(leak.number)) continue
    rows.add(leak.number)
    found.leakedRows[leak.finding.pass] += 1
    if (found.leakedRows[leak.finding.pass] <= maxKept) found.leaks.push(leak)
  }
}

function* samplesOf({ rows, texts, described, categories }: PreparedBatch): Generator<DiversitySample> {
  const label = (name: 'task' | 'template' | 'role' | 'style', row: number) => {
    const code = categories[name].codes[row] as number
    return code === none ? undefined : categories[name].values[code]
  }
  for (let row = 0; row < rows; row++) {
    yield {
      task: label('task', row) ?? noTask,
      template: label('template', row),
      role: label('role', row),
      style: label('style', row),
      text: texts?.[row] as string,
      tokens: described[1]?.[row] as number,
    }
  }
}

async function measureDiversity(
  { workers }: Pick<Platform, 'workers'>,
  samples: DiversitySample[],
  limits: PreflightLimits,
  seed: number,
): Promise<TaskDiversity[]> {
  const value = { seed, lengths: { min: limits.min_len, max: limits.max_len } }
  const key = JSON.stringify(value)
  const measured = await workers.run({ task: 'measure-diversity', setup: { key, value }, input: samples })
  return measured as TaskDiversity[]
}
