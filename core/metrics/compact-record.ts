import { queryAll } from '../platform/paging.ts'
import type { Item, JsonObject, Table } from '../platform/ports.ts'
import { attemptKey } from './attempt-key.ts'
import type { Cursor, Source } from './metric-store.ts'

/** One immutable object with the rows of consecutive segments. */
export interface RecordedObject {
  key: string
  bytes: number
  first_segment: number
  last_segment: number
}

/** What of an attempt lies in objects. Its chunks up to `last_segment` of the last object are not read any more. */
export interface CompactionRecord {
  stage: number
  attempt: number
  /** In segment order, without a gap from segment 0 on. */
  objects: RecordedObject[]
  /** Of the last segment: where its last chunk stood. */
  last_part: number
  /** Written at the end of the attempt, not on the way. */
  done: boolean
  /** Behind the last segment. Without the newest values, which the object's index holds. */
  cursor: Omit<Cursor, 'latest'>
}

export const recordKey = (source: Source) => ({ pk: `JOB#${source.job}`, sk: `B#${attemptKey(source)}` })

/** undefined for an attempt of which nothing lies in objects. */
export async function getRecord(metrics: Table, source: Source): Promise<CompactionRecord | undefined> {
  const item = await metrics.get(recordKey(source))
  return item && recordOf(item)
}

/** Those of a job, in stage and attempt order. */
export async function listRecords(metrics: Table, job: string): Promise<CompactionRecord[]> {
  const items = await Array.fromAsync(queryAll(metrics, { pk: `JOB#${job}`, sk: { prefix: 'B#' }, limit: 1000 }))
  return items.map(recordOf)
}

/** The last segment that lies in an object; -1 while none does. */
export const lastRecorded = (record: CompactionRecord | undefined): number => record?.objects.at(-1)?.last_segment ?? -1

/** The last chunk that lies in an object. */
export const recordedPlace = (record: CompactionRecord | undefined) => ({
  segment: lastRecorded(record),
  part: record?.last_part ?? -1,
})

/** As a table holds it: the cursor is text, because a table's numbers end at 1e126. */
export const recordData = ({ cursor, ...rest }: CompactionRecord): JsonObject => ({
  ...rest,
  objects: rest.objects.map((each) => ({ ...each })),
  cursor: JSON.stringify(cursor),
})

export function recordOf(item: Item): CompactionRecord {
  const data = item.data as unknown as Omit<CompactionRecord, 'cursor'> & { cursor: string }
  const cursor = JSON.parse(data.cursor) as CompactionRecord['cursor']
  // Text has no NaN.
  const { first_time, last_time } = cursor
  return { ...data, cursor: { ...cursor, first_time: first_time ?? Number.NaN, last_time: last_time ?? Number.NaN } }
}
