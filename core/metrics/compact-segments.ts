import { Fault, isFault } from '../platform/fault.ts'
import { change } from '../platform/guarded-write.ts'
import type { Platform } from '../platform/ports.ts'
import { encodeObject } from './compact-object.ts'
import {
  type CompactionRecord,
  lastRecorded,
  type RecordedObject,
  recordData,
  recordedPlace,
  recordKey,
  recordOf,
} from './compact-record.ts'
import { type Cursor, listNames, type Source } from './metric-store.ts'
import { inNameOrder } from './query-names.ts'
import { entriesOf } from './series-assembled.ts'
import { type AttemptSeries, readSegments } from './series-attempt.ts'
import type { Entries } from './series-merge.ts'
import type { Part } from './series-part.ts'
import { branchSpans, namesOf } from './series-view.ts'

export interface Compaction {
  /** Of the attempt: objects and chunks up to its `next_segment` become one object. */
  cursor: Cursor
  record: CompactionRecord | undefined
  /** How many of the recorded objects, from the first on, stay as they are. */
  keep: number
  done: boolean
}

/**
 * Makes one object of what lies behind the objects that stay, and records it. Its name says which segments it holds: whoever makes it
 * again, or at the same time, makes the same. A record that reaches further is left alone.
 */
export async function compactSegments(
  { metrics, blobs }: Pick<Platform, 'metrics' | 'blobs'>,
  source: Source,
  folder: string,
  { cursor, record, keep, done }: Compaction,
): Promise<void> {
  const last = cursor.next_segment - 1
  const kept = record?.objects.slice(0, keep) ?? []
  const merged = record?.objects.slice(keep) ?? []
  const series = await readSegments({ metrics, blobs }, source, merged, recordedPlace(record), last)
  if (series.segment !== last)
    throw new Fault('corrupt', `metrics of ${source.job} end at segment ${series.segment}, their cursor at ${last}`)

  const first = (kept.at(-1)?.last_segment ?? -1) + 1
  const key = objectKey(folder, first, last)
  const body = encodeObject({ ...(await contentOf(series)), cursor, names: await listNames(metrics, source) })
  const bytes = await putImmutable(blobs, key, body)
  const object: RecordedObject = { key, bytes, first_segment: first, last_segment: last }
  const { latest, ...counts } = cursor
  const { stage, attempt } = source
  const next = { stage, attempt, objects: [...kept, object], last_part: series.part, done, cursor: counts }
  await change(metrics, recordKey(source), (item) =>
    item && !isBetter(next, recordOf(item)) ? undefined : { draft: { ...recordKey(source), data: recordData(next) } },
  )
}

/** Beside the folder of the segments, which ends with `metrics/`. */
const objectKey = (folder: string, first: number, last: number) =>
  `${folder.replace(/metrics\/$/, '')}metrics-${[first, last].map((each) => String(each).padStart(8, '0')).join('-')}.columns`

/** Every record holds all segments from 0 on: the one that reaches further is right, of two that reach as far the simpler one. */
function isBetter(next: CompactionRecord, known: CompactionRecord): boolean {
  const order = lastRecorded(next) - lastRecorded(known)
  if (order !== 0) return order > 0
  return next.objects.length < known.objects.length || (next.done && !known.done)
}

async function contentOf(series: AttemptSeries) {
  const times = await Promise.all(series.parts.map((part) => part.times()))
  return {
    steps: concatenated(series.parts.map(({ steps }) => steps)),
    times: concatenated(times),
    first_step: series.firstStep,
    columnNames: inNameOrder(namesOf(branchSpans(series))),
    entries: (name: string) => joinedEntries(series.parts, name),
  }
}

async function joinedEntries(parts: readonly Part[], name: string): Promise<Entries> {
  const values: Float64Array[] = []
  const rows: number[] = []
  let before = 0
  for (const part of parts) {
    const entries = await entriesOf(part, name)
    if (entries) values.push(entries.values)
    entries?.values.forEach((_, i) => {
      rows.push(before + (entries.rows?.[i] ?? i))
    })
    before += part.steps.length
  }
  return { rows: rows.length === before ? undefined : Uint32Array.from(rows), values: concatenated(values) }
}

function concatenated(lists: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0))
  let at = 0
  for (const list of lists) {
    all.set(list, at)
    at += list.length
  }
  return all
}

/** The object's size, whoever wrote it. */
async function putImmutable(blobs: Platform['blobs'], key: string, body: AsyncIterable<Uint8Array>): Promise<number> {
  try {
    return (await blobs.put(key, body, 'absent')).size
  } catch (error) {
    const known = isFault(error, 'conflict') ? await blobs.head(key) : undefined
    if (known === undefined) throw error
    return known.size
  }
}
