import type { MlflowDatasetInput, MlflowPair } from '../../schemas/mlflow.ts'
import { appendRows, type LogLine } from '../metrics/append-rows.ts'
import { knownName, maxNames } from '../metrics/names-book.ts'
import { Fault, invalid } from '../platform/fault.ts'
import type { Platform, Table } from '../platform/ports.ts'
import { type Batch, checkBatch, cut, trackingLimits } from './limits.ts'
import { loggedNames } from './logged-names.ts'
import { metricLines } from './metric-lines.ts'
import { addAttributes } from './run-attributes.ts'
import { activeRun, noRun, type Pairs, runKey, runSource, toRun } from './run-store.ts'

type Needs = Pick<Platform, 'table' | 'metrics'>

/**
 * Stores parameters and tags, then the points. Repeating a request changes nothing that a reader sees: a parameter has its value
 * already, and a point that is stored twice is shown once. Faults: `invalid` naming everything that is wrong, before anything is
 * stored; `not_found`; `illegal_transition` for a deleted run; `busy`.
 */
export async function logBatch(platform: Needs, id: string, batch: Batch): Promise<void> {
  const breaches = checkBatch(batch)
  if (breaches.length > 0) throw invalid('batch', breaches)
  const item = await platform.table.get(runKey(id))
  if (!item) throw noRun(id)
  activeRun(toRun(item))
  await addAttributes(platform.table, id, {
    params: pairs(batch.params, trackingLimits.paramValue),
    tags: pairs(batch.tags, trackingLimits.tagValue),
  })
  await appendPoints(platform, id, metricLines(batch.metrics))
}

const datasetTag = 'sluice.dataset.'

/** Keeps what a run was trained on as tags. Schema and profile are left out where they do not fit. */
export async function logInputs(platform: Needs, id: string, datasets: readonly MlflowDatasetInput[]): Promise<void> {
  const tags = datasets.map(({ dataset, tags: own }): MlflowPair => {
    const input = { dataset, tags: own }
    const { name, digest, source_type, source } = dataset
    const short = { dataset: { name, digest, source_type, source: cut(source, 4000) }, tags: own.slice(0, 10) }
    const whole = JSON.stringify(input)
    const value = whole.length <= trackingLimits.tagValue ? whole : JSON.stringify(short)
    return { key: `${datasetTag}${digest}`, value }
  })
  await logBatch(platform, id, { metrics: [], params: [], tags })
}

/** The inputs that `logInputs` kept. */
export function inputsOf(tags: Pairs): { dataset: object; tags: object }[] {
  const kept = Object.entries(tags).filter(([key]) => key.startsWith(datasetTag))
  return kept.flatMap(([, value]) => parsed(value))
}

function parsed(value: string): { dataset: object; tags: object }[] {
  try {
    return [JSON.parse(value)]
  } catch {
    return []
  }
}

/** Fault `invalid` names the metrics of a run that has too many. */
async function appendPoints({ metrics }: Needs, id: string, lines: readonly LogLine[]): Promise<void> {
  if (lines.length === 0) return
  const { refused_names } = await appendRows({ metrics }, runSource(id), lines)
  if (refused_names.count > 0) await refuseDropped(metrics, id, lines)
}

async function refuseDropped(metrics: Table, id: string, lines: readonly LogLine[]): Promise<void> {
  const kept = new Set((await loggedNames(metrics, id)).map(({ native }) => native))
  const own = new Set(lines.flatMap(({ data }) => Object.keys(data)))
  const dropped = [...own].filter((name) => !kept.has(knownName(name)))
  if (dropped.length === 0) return
  const named = dropped.slice(0, 10).join(', ')
  throw new Fault(
    'invalid',
    `a run can have ${maxNames} metrics; of ${dropped.length} more nothing is stored, the rest of the request is: ${named}`,
  )
}

const pairs = (given: readonly MlflowPair[], most: number): Pairs =>
  Object.fromEntries(given.map(({ key, value }) => [key, cut(value, most)]))
