import type { Anomaly } from '../../schemas/diagnostics.ts'
import type { JobEvent, JobStatus } from '../../schemas/job.ts'
import type { LiveEvent } from '../../schemas/live.ts'
import { compareSeverity, listAnomalies } from '../diagnostics/anomaly-store.ts'
import { type Chunk, readChunksAfter } from '../metrics/metric-store.ts'
import type { Platform, Table } from '../platform/ports.ts'
import { getJob, jobEventsAfter, lastJobEvent } from './job-store.ts'
import { isTerminal } from './lifecycle.ts'
import { toLiveMetrics } from './live-metrics.ts'
import { formatPosition, type Position } from './live-position.ts'

export type LiveNeeds = Pick<Platform, 'table' | 'metrics' | 'clock'>

/** An event, and what a viewer who got it has seen. */
export interface Told {
  event: LiveEvent
  position: Position
}

export type LiveReader = ReturnType<typeof createLiveReader>

// History is written by a consumer of unordered events, and a finding is kept after its event: what is late is waited for so long.
const patienceMs = 5_000

/** Reads what was stored of a job behind `from`, each once. */
export function createLiveReader(platform: LiveNeeds, job: string, from: Position) {
  const { table, metrics, clock } = platform
  const now = () => clock.now().getTime()
  let position = from
  let status: JobStatus | undefined
  let quietSince = now()
  let heldSince: number | undefined
  let over: JobStatus | undefined
  let isEnding = false

  /** Waits for the next entry of the history while that makes sense. */
  function hold(): boolean {
    heldSince ??= now()
    return now() - heldSince < patienceMs
  }

  return {
    position: () => position,
    /** Fault `not_found` when there is no such job. */
    async *read(): AsyncGenerator<Told> {
      const record = await getJob(table, job)
      status ??= await statusAt(table, job, position.sequence)
      const findings = findingsOf(table, job)
      let news = false
      for await (const { sequence, event } of jobEventsAfter(table, job, position.sequence)) {
        if (sequence > position.sequence + 1 && hold()) break
        const finding = await findings(event)
        if (finding === 'late' && hold()) break
        heldSince = undefined
        position = { ...position, sequence }
        status = event.status
        news = true
        yield { event: toEvent(formatPosition(job, position), event, finding), position }
      }
      for await (const { place, chunk } of readChunksAfter(metrics, job, position.place)) {
        position = { ...position, place }
        news = true
        yield { event: metricsEvent(formatPosition(job, position), chunk), position }
      }
      if (news) quietSince = now()
      const told = status === record.status || now() - quietSince >= patienceMs
      isEnding = isTerminal(record.status)
      over = isEnding && !news && told ? record.status : undefined
    },
    /** The status with which the job ended, once everything up to its end is read. */
    over: () => over,
    /** The record says that the job is over: what is left comes soon. */
    isEnding: () => isEnding,
  }
}

/** What was stored between two positions: behind `from`, up to and with `until`. */
export async function* readBetween(
  { table, metrics }: Pick<Platform, 'table' | 'metrics'>,
  job: string,
  from: Position,
  until: Position,
): AsyncGenerator<Told> {
  let position: Position = { sequence: from.sequence, place: from.place }
  const findings = findingsOf(table, job)
  for await (const { sequence, event } of jobEventsAfter(table, job, position.sequence)) {
    if (sequence > until.sequence) break
    position = { ...position, sequence }
    yield { event: toEvent(formatPosition(job, position), event, await findings(event)), position }
  }
  position = { ...position, sequence: Math.max(position.sequence, until.sequence) }
  for await (const { place, chunk } of readChunksAfter(metrics, job, position.place)) {
    if (place > (until.place ?? '')) break
    position = { ...position, place }
    yield { event: metricsEvent(formatPosition(job, position), chunk), position }
  }
}

export const isFinding = ({ type }: JobEvent) => type === 'anomaly_found'

async function statusAt(table: Table, job: string, sequence: number): Promise<JobStatus | undefined> {
  const last = await lastJobEvent(table, job)
  return last && last.sequence <= sequence ? last.event.status : undefined
}

/** The finding that an entry of the history is about; `late` while it is not kept yet, or not as bad as the entry says. */
function findingsOf(table: Table, job: string) {
  let known: Promise<Map<string, Anomaly>> | undefined
  const read = async () => new Map((await listAnomalies(table, job)).map((each) => [each.id, each]))
  return async (event: JobEvent): Promise<Anomaly | 'late' | undefined> => {
    if (!isFinding(event)) return undefined
    known ??= read()
    const { anomaly, severity } = event.data
    const found = (await known).get(String(anomaly))
    const isBehind = found && typeof severity === 'string' && compareSeverity(found.severity, severity as never) < 0
    return found && !isBehind ? found : 'late'
  }
}

/** A finding that never was kept is told in the words of the history. */
function toEvent(id: string, entry: JobEvent, finding: Anomaly | 'late' | undefined): LiveEvent {
  if (finding === undefined || finding === 'late') return { event: 'status', id, data: entry }
  return { event: 'anomaly', id, data: finding }
}

const metricsEvent = (id: string, chunk: Chunk): LiveEvent => ({
  event: 'metrics',
  id,
  data: toLiveMetrics(chunk, chunk),
})
