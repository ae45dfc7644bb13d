import type { Platform } from '../platform/ports.ts'
import { getRecord, lastRecorded } from './compact-record.ts'
import { compactSegments } from './compact-segments.ts'
import { getCursor, type Source } from './metric-store.ts'

/** A reader without memory reads every chunk behind the last object: so many segments or points are enough. */
const maxSegments = 256
const maxPoints = 2_000_000
/** Long before chunks expire, by the trainer's clock. */
const maxAgeMs = 7 * 24 * 60 * 60 * 1000
/** So many objects become one with the next. */
const maxObjects = 8

/**
 * While an attempt runs: puts its chunks into an object when more than 256 segments lie behind the last one, or when the oldest of them
 * is older than 7 days at `now`. Cheap while nothing is due.
 */
export async function rollUp(
  platform: Pick<Platform, 'metrics' | 'blobs'>,
  source: Source,
  folder: string,
  options: { now?: Date } = {},
): Promise<void> {
  const [cursor, record] = await Promise.all([getCursor(platform.metrics, source), getRecord(platform.metrics, source)])
  const segments = cursor.next_segment - 1 - lastRecorded(record)
  const points = cursor.points - (record?.cursor.points ?? 0)
  const since = record?.cursor.last_time ?? cursor.first_time
  const isOld = (options.now?.getTime() ?? Number.NaN) - since > maxAgeMs
  if (!(segments > maxSegments || points > maxPoints || (isOld && segments > 0))) return
  const objects = record?.objects.length ?? 0
  const keep = objects >= maxObjects ? 0 : objects
  await compactSegments(platform, source, folder, { cursor, record, keep, done: false })
}
