import type * as z from 'zod'
import type { MetricValue } from '../../schemas/primitives.ts'
import { Fault } from '../platform/fault.ts'
import { queryAll } from '../platform/paging.ts'
import type { Draft, Item, Table } from '../platform/ports.ts'
import { createProgress, type Progress } from './advance.ts'
import { attemptKey } from './attempt-key.ts'
import { type Columns, toWire } from './columns.ts'
import { getRecord } from './compact-record.ts'
import { type Dictionary, getDictionary, type NamesOwner } from './dictionary.ts'
import { type ChunkTail, decodeChunk, encodeChunk, openChunk, type StoredChunk } from './encode-chunk.ts'
import { unitOf } from './names.ts'

/** Whose points: one attempt of one stage of one job. */
export interface Source {
  job: string
  stage: number
  attempt: number
}

/**
 * How far an attempt's segments are read. `first_step` to `last_step` is covered without a hole while `contiguous`; times are epoch
 * milliseconds by the trainer's clock, NaN while no row has one.
 */
export interface Cursor extends Omit<Progress, 'junk_kept' | 'token_count' | 'token_time' | 'latest'> {
  refused_names: { count: number; examples: string[] }
  latest: Record<string, z.infer<typeof MetricValue>>
  /** How many metrics there are. */
  names: number
}

export interface Chunk extends Source, Columns {}

/** A chunk and where it lies: `place` orders all chunks of a job. */
export interface PlacedChunk {
  place: string
  segment: number
  part: number
  chunk: Chunk
}

const emptyTail: ChunkTail = { progress: createProgress(), names: 0, refused: 0, state: undefined }

export const namesOwner = (source: Source): NamesOwner => ({ job: source.job, attempt: attemptKey(source) })

const segmentPrefix = (source: Omit<Source, 'job'>, segment: number) =>
  `M#${attemptKey(source)}#${String(segment).padStart(8, '0')}`

/**
 * Part `part` of a segment as columns, under a key that only source, segment and part decide. The last part of a segment carries how
 * far the attempt is read behind it: chunk and cursor are one write.
 */
export function chunkDraft(
  source: Source,
  place: { segment: number; part: number },
  { slots, columns }: { slots: Float64Array; columns: Columns },
  tail: ChunkTail | undefined,
): Draft {
  return {
    pk: `JOB#${source.job}`,
    sk: `${segmentPrefix(source, place.segment)}#${String(place.part).padStart(4, '0')}`,
    data: {},
    bytes: encodeChunk(slots, columns, tail),
  }
}

/**
 * How far the segments of an attempt are read. A segment whose last part is not there yet does not count. Where every chunk has expired
 * the record of its compaction says so, without the newest values.
 */
export async function getCursor(metrics: Table, source: Source): Promise<Cursor> {
  const tail = await getTail(metrics, source)
  if (tail === emptyTail) {
    const record = await getRecord(metrics, source)
    if (record) return { ...record.cursor, latest: {} }
  }
  return toCursor(tail, await getDictionary(metrics, namesOwner(source), tail.names + tail.refused))
}

/** What the newest whole segment left; as at the beginning when there is none. */
export async function getTail(metrics: Table, source: Source): Promise<ChunkTail> {
  const newest = await newestChunk(metrics, source, { prefix: `M#${attemptKey(source)}#` })
  if (newest === undefined || newest.tail) return newest?.tail ?? emptyTail
  // Another part of the same segment is to come: what lies before the segment is whole.
  const to = segmentPrefix(source, newest.segment)
  const before = await newestChunk(metrics, source, { from: `M#${attemptKey(source)}#`, to })
  return before?.tail ?? emptyTail
}

async function newestChunk(metrics: Table, source: Source, sk: { prefix: string } | { from: string; to: string }) {
  const { items } = await metrics.query({ pk: `JOB#${source.job}`, sk, descending: true, limit: 1 })
  const [item] = items
  if (item === undefined) return undefined
  const { segment } = placeOf(item)
  const { slots, input } = guarded(item, () => openChunk(item.bytes ?? new Uint8Array()))
  // Values go by number here: no name is needed.
  const { tail } = guarded(item, () => decodeChunk(slots, input, segment, Array.from(slots, String)))
  return { segment, tail }
}

/** The cursor with the newest values by name. */
export function toCursor({ progress, names, refused }: ChunkTail, dictionary: Dictionary): Cursor {
  const { latest, token_count: _, token_time: __, junk_kept: ___, ...counts } = progress
  const newest = [...latest].map(([slot, value]) => [dictionary.entries[slot]?.name, toWire(value)])
  const examples = dictionary.refused.slice(0, refused).flatMap(({ example }) => example ?? [])
  return { ...counts, refused_names: { count: refused, examples }, latest: Object.fromEntries(newest), names }
}

/** Every metric of an attempt: its name, as the trainer logs it, and its unit. */
export async function listNames(
  metrics: Table,
  source: Source,
): Promise<{ name: string; native: string; unit: string }[]> {
  const { entries } = await getDictionary(metrics, namesOwner(source))
  return entries.map(({ name, native }) => ({ name, native, unit: unitOf(name) }))
}

/** Chunks of a job, of one stage or of one attempt, in stage, attempt and segment order. */
export async function* readChunks(
  metrics: Table,
  job: string,
  which: { stage?: number | undefined; attempt?: number | undefined; fromSegment?: number | undefined } = {},
): AsyncGenerator<PlacedChunk> {
  const { stage, attempt, fromSegment = 0 } = which
  if (stage === undefined) {
    yield* chunksIn(metrics, job, { prefix: 'M#' })
  } else if (attempt === undefined) {
    yield* chunksIn(metrics, job, { prefix: `M#${String(stage).padStart(3, '0')}#` })
  } else {
    const from = segmentPrefix({ stage, attempt }, fromSegment)
    yield* chunksIn(metrics, job, { from, to: `M#${attemptKey({ stage, attempt })}#~` })
  }
}

/** Chunks behind the place `after` (exclusive; none: from the first). */
export async function* readChunksAfter(metrics: Table, job: string, after?: string): AsyncGenerator<PlacedChunk> {
  for await (const placed of chunksIn(metrics, job, { from: `M#${after ?? ''}`, to: 'M#~' }))
    if (placed.place !== after) yield placed
}

/** The place of a job's last chunk; undefined when there is none. */
export async function lastChunkPlace(metrics: Table, job: string): Promise<string | undefined> {
  const query = { pk: `JOB#${job}`, sk: { prefix: 'M#' }, descending: true, limit: 1 }
  return (await metrics.query(query)).items[0]?.sk.slice(2)
}

async function* chunksIn(metrics: Table, job: string, sk: { prefix: string } | { from: string; to: string }) {
  for await (const item of queryAll(metrics, { pk: `JOB#${job}`, sk, limit: 1000 })) yield toChunk(metrics, job, item)
}

async function toChunk(metrics: Table, job: string, item: Item): Promise<PlacedChunk> {
  const { place, stage, attempt, segment, part } = placeOf(item)
  const { slots, input } = guarded(item, () => openChunk(item.bytes ?? new Uint8Array()))
  const needed = (slots.at(-1) ?? -1) + 1
  const { entries } = await getDictionary(metrics, { job, attempt: attemptKey({ stage, attempt }) }, needed)
  const { columns } = guarded(item, (): StoredChunk => {
    if (entries.length < needed)
      throw new RangeError(`it has metric ${needed}, the dictionary ${entries.length} metrics`)
    return decodeChunk(
      slots,
      input,
      segment,
      Array.from(slots, (slot) => entries[slot]?.name as string),
    )
  })
  return { place, segment, part, chunk: { job, stage, attempt, ...columns } }
}

function placeOf({ sk }: Item) {
  const place = sk.slice(2)
  const [stage, attempt, segment, part] = place.split('#').map(Number) as [number, number, number, number]
  return { place, stage, attempt, segment, part }
}

function guarded<T>({ pk, sk }: Item, decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    const why = `metrics chunk ${pk} / ${sk} cannot be read (${(cause as Error).message})`
    throw new Fault('corrupt', `${why}: another version of Sluice wrote it`, { cause })
  }
}
