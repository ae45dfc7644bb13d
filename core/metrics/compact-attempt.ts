import type { Platform } from '../platform/ports.ts'
import { unmarkOpen } from './compact-marker.ts'
import { getRecord, lastRecorded } from './compact-record.ts'
import { compactSegments } from './compact-segments.ts'
import { getCursor, type Source } from './metric-store.ts'

/**
 * Makes one immutable object of all that an attempt logged, at its end, beside `folder`, which holds its segments and ends with
 * `metrics/`. Any number of calls at any time make one object; segments that come later make the next call make a larger one.
 */
export async function compactAttempt(
  platform: Pick<Platform, 'metrics' | 'blobs'>,
  source: Source,
  folder: string,
): Promise<void> {
  const [cursor, record] = await Promise.all([getCursor(platform.metrics, source), getRecord(platform.metrics, source)])
  const isBehind = cursor.next_segment - 1 > lastRecorded(record)
  if (isBehind) await compactSegments(platform, source, folder, { cursor, record, keep: 0, done: true })
  else if (record && !record.done)
    // Chunks expire, and the cursor with them.
    await compactSegments(platform, source, folder, {
      cursor: { ...record.cursor, latest: cursor.latest },
      record,
      keep: 0,
      done: true,
    })
  await unmarkOpen(platform.metrics, source)
}
