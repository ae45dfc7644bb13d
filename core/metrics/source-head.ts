import type { DiagnosticsConfig } from '../../schemas/diagnostics.ts'
import { putOnce } from '../platform/guarded-write.ts'
import { queryAll } from '../platform/paging.ts'
import type { Item, JsonObject, Table } from '../platform/ports.ts'
import { attemptKey } from './attempt-key.ts'
import type { Source } from './metric-store.ts'

/** What is known of an attempt before its first point: how to judge what it logs. Written once. */
export interface SourceHead {
  algorithm: string
  planned_steps: number
  /** 0: from the beginning. */
  resumed_from_step: number
  /** Of the recipe's stage, for advice that names a value. */
  hyperparameters?: JsonObject
  /** The recipe's; every rule with its default when absent. */
  diagnostics?: DiagnosticsConfig
  /** nats; the recipe's guard. */
  target_kl?: number
}

const headKey = (source: Source) => ({ pk: `JOB#${source.job}`, sk: `S#${attemptKey(source)}` })

/** The first head of an attempt stays. */
export async function putSourceHead(metrics: Table, source: Source, head: SourceHead): Promise<SourceHead> {
  const { stage, attempt } = source
  const data = JSON.parse(JSON.stringify({ stage, attempt, head })) as JsonObject
  return headOf((await putOnce(metrics, { ...headKey(source), data })).item)
}

/** undefined for an attempt that has none yet. Heads never change, so each is read once. */
export async function getSourceHead(metrics: Table, source: Source): Promise<SourceHead | undefined> {
  const key = headKey(source)
  const known = knownHeads.get(metrics) ?? new Map<string, SourceHead>()
  knownHeads.set(metrics, known)
  const name = `${key.pk} ${key.sk}`
  const before = known.get(name)
  if (before) return before
  const item = await metrics.get(key)
  if (!item) return undefined
  if (known.size >= maxKnownHeads) known.clear()
  known.set(name, headOf(item))
  return headOf(item)
}

const knownHeads = new WeakMap<Table, Map<string, SourceHead>>()
const maxKnownHeads = 1000

/** Every attempt of a job that has a head, in stage and attempt order. */
export async function listSources(metrics: Table, job: string): Promise<(Source & { head: SourceHead })[]> {
  const items = await Array.fromAsync(queryAll(metrics, { pk: `JOB#${job}`, sk: { prefix: 'S#' }, limit: 1000 }))
  return items.map((item) => {
    const { stage, attempt } = item.data as { stage: number; attempt: number }
    return { job, stage, attempt, head: headOf(item) }
  })
}

const headOf = (item: Item) => (item.data as { head: unknown }).head as SourceHead
