import type { Platform } from '../platform/ports.ts'
import { attemptKey } from './attempt-key.ts'
import { type CompactionRecord, getRecord, lastRecorded } from './compact-record.ts'
import { compactSegments } from './compact-segments.ts'
import { getCursor, type Source } from './metric-store.ts'

/** A reader without memory reads every chunk behind the last object: so many segments or points are enough. */
const maxSegments = 256
const maxPoints = 2_000_000
/** Long before chunks expire. */
const maxAgeMs = 7 * 24 * 60 * 60 * 1000
/** So many objects become one with the next. */
const maxObjects = 8

/**
 * While an attempt runs: puts its chunks into an object when more than 256 segments lie behind the last one, or when the oldest of them
 * is older than 7 days at `now`: by the trainer's clock, and by when it was stored where chunks are kept for `keptSeconds`. Cheap while
 * nothing is due.
 */
export async function rollUp(
  platform: Pick<Platform, 'metrics' | 'blobs'>,
  source: Source,
  folder: string,
  options: { now?: Date; keptSeconds?: number } = {},
): Promise<void> {
  const [cursor, record] = await Promise.all([getCursor(platform.metrics, source), getRecord(platform.metrics, source)])
  const segments = cursor.next_segment - 1 - lastRecorded(record)
  const points = cursor.points - (record?.cursor.points ?? 0)
  const since = record?.cursor.last_time ?? cursor.first_time
  const now = options.now?.getTime() ?? Number.NaN
  // A trainer's clock may be years behind, and every look would make an object of what is new.
  const isOld = async () =>
    now - since > maxAgeMs && !(now - (await storedAt(platform, source, record, options)) < maxAgeMs)
  if (!(segments > maxSegments || points > maxPoints || (segments > 0 && (await isOld())))) return
  const objects = record?.objects.length ?? 0
  const keep = objects >= maxObjects ? 0 : objects
  await compactSegments(platform, source, folder, { cursor, record, keep, done: false })
}

/** Epoch milliseconds: when the first chunk behind the objects was stored. NaN: its chunks are not kept for `keptSeconds`. */
async function storedAt(
  { metrics }: Pick<Platform, 'metrics'>,
  { job, ...place }: Source,
  record: CompactionRecord | undefined,
  { keptSeconds }: { keptSeconds?: number },
): Promise<number> {
  const key = `M#${attemptKey(place)}#`
  const from = `${key}${String(lastRecorded(record) + 1).padStart(8, '0')}`
  const { items } = await metrics.query({ pk: `JOB#${job}`, sk: { from, to: `${key}~` }, limit: 1 })
  const { expiresAt } = items[0] ?? {}
  return expiresAt === undefined || keptSeconds === undefined ? Number.NaN : (expiresAt - keptSeconds) * 1000
}
