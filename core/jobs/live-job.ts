import type { LiveEvent, LiveMetrics } from '../../schemas/live.ts'
import { toWire } from '../metrics/columns.ts'
import { type Chunk, lastChunkPlace, readChunksAfter } from '../metrics/metric-store.ts'
import { Fault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { getJob, jobEventsAfter, lastJobEvent } from './job-store.ts'
import { isTerminal } from './lifecycle.ts'

type Needs = Pick<Platform, 'table' | 'metrics' | 'clock'>

export interface LiveOptions {
  /** `id` of the last event that the client saw; undefined: the newest status, then what comes behind the newest chunk. */
  after?: string | undefined
  pollMs: number
  /** The stream ends itself after this time; the client goes on from its last id. */
  budgetMs: number
  signal?: AbortSignal | undefined
}

/** Up to where a client has seen a job: its history, and its chunks. */
interface Position {
  sequence: number
  place: string | undefined
}

// History is written by a consumer of unordered events: one that is late is waited for so long, then passed over.
const patienceMs = 5_000

/**
 * A job's status changes and metrics as they are stored, each once per position. Yields undefined when nothing new came in a poll (a
 * chance to send a heartbeat). Fault `not_found` when there is no such job, `invalid` for an id that no stream gave.
 */
export async function* watchLive(
  platform: Needs,
  job: string,
  options: LiveOptions,
): AsyncGenerator<LiveEvent | undefined> {
  const { clock } = platform
  const now = () => clock.now().getTime()
  const ends = now() + options.budgetMs
  const last = await lastJobEvent(platform.table, job)
  let position: Position =
    options.after === undefined
      ? { sequence: Math.max(0, (last?.sequence ?? 0) - 1), place: await lastChunkPlace(platform.metrics, job) }
      : parsePosition(options.after)
  let quietSince = now()
  let status = last && last.sequence <= position.sequence ? last.event.status : undefined
  for (;;) {
    const record = await getJob(platform.table, job)
    let news = false
    for await (const { sequence, event } of jobEventsAfter(platform.table, job, position.sequence)) {
      if (sequence > position.sequence + 1 && now() - quietSince < patienceMs) break
      position = { ...position, sequence }
      status = event.status
      news = true
      yield { event: 'status', id: formatPosition(position), data: event }
    }
    for await (const { place, chunk } of readChunksAfter(platform.metrics, job, position.place)) {
      position = { ...position, place }
      news = true
      yield { event: 'metrics', id: formatPosition(position), data: toLiveMetrics(chunk) }
    }
    if (news) quietSince = now()
    const told = status === record.status || now() - quietSince >= patienceMs
    if (isTerminal(record.status) && !news && told) {
      yield { event: 'end', id: formatPosition(position), data: { status: record.status } }
      return
    }
    if (!news) yield undefined
    if (options.signal?.aborted || now() + options.pollMs >= ends) return
    await clock.sleep(options.pollMs, options.signal).catch(() => {})
  }
}

const formatPosition = ({ sequence, place }: Position) => `${sequence}.${(place ?? '').replaceAll('#', '.')}`

function parsePosition(id: string): Position {
  const [, sequence, place] = /^(\d{1,9})\.(\d{3}\.\d{4}\.\d{8}\.\d{4})?$/.exec(id) ?? []
  if (sequence === undefined)
    throw new Fault(
      'invalid',
      `Last-Event-ID "${id}" is not an id of this stream; leave it out to start with the newest`,
    )
  return { sequence: Number(sequence), place: place?.replaceAll('.', '#') }
}

function toLiveMetrics({ stage, attempt, steps, names, values }: Chunk): LiveMetrics {
  const wire = (column: (number | undefined)[]) => column.map((value) => (value === undefined ? null : toWire(value)))
  return { stage, attempt, steps, values: Object.fromEntries(names.map((name, i) => [name, wire(values[i] ?? [])])) }
}
