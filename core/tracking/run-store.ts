import type { MlflowStatus } from '../../schemas/mlflow.ts'
import type { Source } from '../metrics/metric-store.ts'
import { Fault } from '../platform/fault.ts'
import { mapPage, type PageRequest, pageOptions, queryAll } from '../platform/paging.ts'
import type { Draft, Item, JsonObject, Page, Table } from '../platform/ports.ts'

/** Text by key: parameters, which are written once, or tags. */
export type Pairs = Record<string, string>

/** A run that a client logs by itself: no job of Sluice's. */
export interface Run {
  /** 32 hex digits. */
  id: string
  experiment: string
  name: string
  status: MlflowStatus
  lifecycle_stage: 'active' | 'deleted'
  user: string
  /** Epoch milliseconds, by the client's clock. */
  start_time: number
  end_time: number | null
  /** By the server's clock, ISO 8601. */
  created_at: string
  params: Pairs
  tags: Pairs
  /** Set once `params` and `tags` are full: the others are in the run's shards. */
  sharded?: true
}

/** The owner of a run's points in the metrics store. */
export const runOwner = (id: string): string => `run-${id}`

export const runSource = (id: string): Source => ({ job: runOwner(id), stage: 0, attempt: 1 })

export const runKey = (id: string) => ({ pk: `RUN#${id}`, sk: 'META' })
export const shardKey = (id: string, shard: string) => ({ pk: `RUN#${id}`, sk: `A#${shard}` })
export const toRun = (item: Item) => item.data as unknown as Run

/** gsi1: the runs of an experiment, gsi2: all; both by creation. */
export function runDraft(run: Run): Draft {
  const place = `${run.created_at}#${run.id}`
  return {
    ...runKey(run.id),
    data: run as unknown as JsonObject,
    gsi1: { pk: `EXPERIMENT#${run.experiment}`, sk: place },
    gsi2: { pk: 'RUNS', sk: place },
  }
}

/** With its shards. Fault `not_found`. */
export async function getRun(table: Table, id: string): Promise<Run> {
  const item = await table.get(runKey(id))
  if (item) return withShards(table, toRun(item))
  throw noRun(id)
}

export function noRun(id: string): Fault {
  return new Fault('not_found', `run "${id.slice(0, 80)}" does not exist; create it first`)
}

/** The run. Fault `illegal_transition` when it is deleted. */
export function activeRun(run: Run): Run {
  if (run.lifecycle_stage === 'active') return run
  throw new Fault('illegal_transition', `run ${run.id} must be in the 'active' state and is deleted; restore it first`)
}

/** Newest first, without what is in shards. */
export async function listRuns(table: Table, request: PageRequest): Promise<Page<Run>> {
  return mapPage(await table.query({ pk: 'RUNS', index: 'gsi2', descending: true, ...pageOptions(request) }), toRun)
}

/** Newest first, without what is in shards. */
export async function* runsOf(table: Table, experiment: string): AsyncGenerator<Run> {
  const query = { pk: `EXPERIMENT#${experiment}`, index: 'gsi1', descending: true, limit: 1000 } as const
  for await (const item of queryAll(table, query)) yield toRun(item)
}

/** With the parameters and tags that are in shards. */
export async function withShards(table: Table, run: Run): Promise<Run> {
  if (!run.sharded) return run
  const shards = await Array.fromAsync(
    queryAll(table, { pk: `RUN#${run.id}`, sk: { prefix: 'A#' } }),
    (item) => item.data,
  )
  const merged = (part: 'params' | 'tags') =>
    Object.fromEntries(
      [run[part], ...shards.map((shard) => shard[part] as Pairs)].flatMap((pairs) => Object.entries(pairs)),
    )
  return { ...run, params: merged('params'), tags: merged('tags') }
}
