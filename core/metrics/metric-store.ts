import type { MetricLine } from '../../schemas/trainer-contract.ts'
import { Fault } from '../platform/fault.ts'
import { queryAll } from '../platform/paging.ts'
import type { Draft, Item, Table } from '../platform/ports.ts'
import { type Columns, toColumns, toWire } from './columns.ts'
import { decodeColumns, encodeColumns } from './encode-columns.ts'

/** Whose points: one attempt of one stage of one job. */
export interface Source {
  job: string
  stage: number
  attempt: number
}

/** How far an attempt's segments are read. `first_step` to `last_step` is covered without a hole while `contiguous`. */
export interface Cursor {
  next_segment: number
  first_step: number | null
  last_step: number | null
  contiguous: boolean
  points: number
  junk_lines: number
  latest: MetricLine['data']
}

export interface Chunk extends Source, Columns {}

export const startCursor: Cursor = {
  next_segment: 0,
  first_step: null,
  last_step: null,
  contiguous: true,
  points: 0,
  junk_lines: 0,
  latest: {},
}

const attemptKey = ({ stage, attempt }: Omit<Source, 'job'>) =>
  `${String(stage).padStart(3, '0')}#${String(attempt).padStart(4, '0')}`

/**
 * Part `part` of a segment's lines as columns, under a key that only source, segment and part decide. The last part of a segment
 * carries the cursor behind it: chunk and cursor are one write.
 */
export function chunkDraft(
  source: Source,
  segment: number,
  part: number,
  lines: readonly MetricLine[],
  cursor?: Cursor,
): Draft {
  const columns = toColumns(lines)
  const place = `${String(segment).padStart(8, '0')}#${String(part).padStart(4, '0')}`
  return {
    pk: `JOB#${source.job}`,
    sk: `M#${attemptKey(source)}#${place}`,
    data: { stage: source.stage, attempt: source.attempt, ...(cursor && { cursor: storedCursor(cursor, columns) }) },
    bytes: encodeColumns(columns),
  }
}

/** How far the segments of an attempt are read. A segment whose last part is not there yet does not count. */
export async function getCursor(metrics: Table, { job, ...attempt }: Source): Promise<Cursor> {
  const sk = { prefix: `M#${attemptKey(attempt)}#` }
  for await (const item of queryAll(metrics, { pk: `JOB#${job}`, sk, descending: true, limit: 1 })) {
    const { cursor } = item.data as { cursor?: StoredCursor }
    if (cursor) return fromStoredCursor(cursor, toChunk(job, item))
  }
  return startCursor
}

/** Without the newest values that the chunk itself holds; the others as text: a table's numbers end at 1e126, a loss does not. */
type StoredCursor = Omit<Cursor, 'latest'> & { earlier?: string }

function storedCursor({ latest, ...cursor }: Cursor, { names }: Columns): StoredCursor {
  const earlier = Object.entries(latest).filter(([name]) => !names.includes(name))
  return earlier.length === 0 ? cursor : { ...cursor, earlier: JSON.stringify(Object.fromEntries(earlier)) }
}

function fromStoredCursor({ earlier, ...cursor }: StoredCursor, { names, values }: Columns): Cursor {
  const newest = names.map((name, i) => [name, toWire(values[i]?.findLast((each) => each !== undefined) as number)])
  return { ...cursor, latest: { ...(earlier && JSON.parse(earlier)), ...Object.fromEntries(newest) } }
}

/** All chunks of a job, or of one stage, in stage, attempt and segment order. */
export async function* readChunks(metrics: Table, job: string, stage?: number): AsyncGenerator<Chunk> {
  const prefix = stage === undefined ? 'M#' : `M#${String(stage).padStart(3, '0')}#`
  for await (const item of queryAll(metrics, { pk: `JOB#${job}`, sk: { prefix }, limit: 1000 }))
    yield toChunk(job, item)
}

/** Chunks behind the place `after` (exclusive; none: from the first), each with its own place. */
export async function* readChunksAfter(
  metrics: Table,
  job: string,
  after?: string,
): AsyncGenerator<{ place: string; chunk: Chunk }> {
  const sk = { from: `M#${after ?? ''}`, to: 'M#~' }
  for await (const item of queryAll(metrics, { pk: `JOB#${job}`, sk, limit: 1000 })) {
    const place = item.sk.slice(2)
    if (place !== after) yield { place, chunk: toChunk(job, item) }
  }
}

/** The place of a job's last chunk; undefined when there is none. */
export async function lastChunkPlace(metrics: Table, job: string): Promise<string | undefined> {
  const query = { pk: `JOB#${job}`, sk: { prefix: 'M#' }, descending: true, limit: 1 }
  return (await metrics.query(query)).items[0]?.sk.slice(2)
}

function toChunk(job: string, item: Item): Chunk {
  const data = item.data as { stage: number; attempt: number }
  return { job, stage: data.stage, attempt: data.attempt, ...columnsOf(item) }
}

function columnsOf({ pk, sk, bytes = new Uint8Array() }: Item): Columns {
  try {
    return decodeColumns(bytes)
  } catch (cause) {
    const why = (cause as Error).message
    throw new Fault(
      'corrupt',
      `metrics chunk ${pk} / ${sk} cannot be read (${why}): another version of Sluice wrote it`,
      {
        cause,
      },
    )
  }
}
