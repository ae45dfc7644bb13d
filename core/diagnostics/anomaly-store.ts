import type { Anomaly, Severity } from '../../schemas/diagnostics.ts'
import { change } from '../platform/guarded-write.ts'
import { queryAll } from '../platform/paging.ts'
import type { Item, JsonObject, Table } from '../platform/ports.ts'

const ranks: Record<Severity, number> = { low: 0, medium: 1, high: 2, critical: 3 }

/** Worst first where it is positive: `worse(a, b) > 0` when a is worse than b. */
export const compareSeverity = (a: Severity, b: Severity): number => ranks[a] - ranks[b]

type Place = Pick<Anomaly, 'id' | 'stage' | 'attempt' | 'step'>

const key = (job: string, { id, stage, attempt, step }: Place) => {
  const place = [pad(stage, 3), pad(attempt, 4), pad(step, 10), id].join('#')
  return { pk: `JOB#${job}`, sk: `AN#${place}` }
}

const pad = (value: number, width: number) => String(value).padStart(width, '0')

/** Keeps what is known of an episode: a pass that is behind another takes nothing back. */
export async function putAnomaly(table: Table, job: string, anomaly: Anomaly): Promise<void> {
  await change(table, key(job, anomaly), (item) => {
    if (item && !isNewer(anomaly, toAnomaly(item))) return undefined
    return { draft: { ...key(job, anomaly), data: anomaly as unknown as JsonObject } }
  })
}

/** What is kept of this episode; undefined when nothing is. */
export async function getAnomaly(table: Table, job: string, place: Place): Promise<Anomaly | undefined> {
  const item = await table.get(key(job, place))
  return item && toAnomaly(item)
}

/** By stage, attempt and the step at which each began. */
export async function listAnomalies(table: Table, job: string): Promise<Anomaly[]> {
  const items = await Array.fromAsync(queryAll(table, { pk: `JOB#${job}`, sk: { prefix: 'AN#' }, limit: 1000 }))
  return items.map(toAnomaly)
}

const toAnomaly = (item: Item) => item.data as unknown as Anomaly

function isNewer(given: Anomaly, known: Anomaly): boolean {
  if (given.last_step !== known.last_step) return given.last_step > known.last_step
  if (given.ended !== known.ended) return given.ended
  return compareSeverity(given.severity, known.severity) > 0
}

/** undefined when the job has none of this id. */
export async function findAnomaly(table: Table, job: string, id: string): Promise<Anomaly | undefined> {
  return (await listAnomalies(table, job)).find((anomaly) => anomaly.id === id)
}
