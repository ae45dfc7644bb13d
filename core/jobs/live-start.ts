import { listAnomalies } from '../diagnostics/anomaly-store.ts'
import { lastChunkPlace } from '../metrics/metric-store.ts'
import type { Platform } from '../platform/ports.ts'
import { jobEventsAfter } from './job-store.ts'
import { formatPosition, type Position } from './live-position.ts'
import { isFinding, type LiveNeeds, type Told } from './live-reader.ts'

/** Behind everything that is stored of a job, but for entries of findings that are not kept yet. */
export async function newestPosition({ table, metrics }: LiveNeeds, job: string): Promise<Position> {
  const history = await Array.fromAsync(jobEventsAfter(table, job, 0))
  const kept = new Set((await listAnomalies(table, job)).map(({ id }) => id))
  const missing = history.find(({ event }) => isFinding(event) && !kept.has(String(event.data.anomaly)))
  const sequence = missing ? missing.sequence - 1 : (history.at(-1)?.sequence ?? 0)
  return { sequence, place: await lastChunkPlace(metrics, job) }
}

/**
 * What a viewer who begins at `position` has to know first: the newest status, then every finding so far. An id from the middle of
 * this goes on there: `position.told` says where.
 */
export async function* tellSoFar(
  { table }: Pick<Platform, 'table'>,
  job: string,
  { told, ...position }: Position,
): AsyncGenerator<Told> {
  const anomalies = await listAnomalies(table, job)
  // A finding that is gone was judged anew: then all are told.
  const left = told ? anomalies.slice(anomalies.findIndex(({ id }) => id === told) + 1) : anomalies
  const at = (last: string, isLast: boolean): Position => (isLast ? position : { ...position, told: last })
  const status = told === undefined ? await newestStatus(table, job, position.sequence) : undefined
  if (status) {
    const seen = at('', left.length === 0)
    yield { event: { event: 'status', id: formatPosition(job, seen), data: status }, position: seen }
  }
  for (const [i, data] of left.entries()) {
    const seen = at(data.id, i === left.length - 1)
    yield { event: { event: 'anomaly', id: formatPosition(job, seen), data }, position: seen }
  }
}

async function newestStatus(table: LiveNeeds['table'], job: string, until: number) {
  const history = await Array.fromAsync(jobEventsAfter(table, job, 0))
  return history.findLast(({ sequence, event }) => sequence <= until && !isFinding(event))?.event
}
