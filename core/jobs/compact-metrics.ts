import { compactAttempt } from '../metrics/compact-attempt.ts'
import { listOpen } from '../metrics/compact-marker.ts'
import type { Source } from '../metrics/metric-store.ts'
import { rollUp } from '../metrics/roll-up.ts'
import { forEvery } from '../platform/for-every.ts'
import type { Platform } from '../platform/ports.ts'
import { ingestAttempt, keptSeconds, metricsFolder } from './ingest-attempt.ts'
import { isStopping, jobKey, toJob } from './job-store.ts'

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock'>

/**
 * Makes one object of the metrics of every attempt that is over, and blocks of the long tails of those that go on. One that cannot be
 * compacted holds up no other, and is tried again with the next look.
 */
export async function compactMetrics(platform: Needs): Promise<void> {
  await forEvery(listOpen(platform.metrics), (source) => compact(platform, source))
}

async function compact(platform: Needs, source: Source): Promise<void> {
  const item = await platform.table.get(jobKey(source.job))
  const stage = item && toJob(item).stages[source.stage]
  // Of a tracked run, which says itself when it is over; or of an attempt that did not get onto the record yet.
  if (!item || !stage) return
  const folder = metricsFolder(source.job, stage, source.attempt)
  const attempt = stage.attempts[source.attempt - 1]
  const isOpen = attempt === undefined || attempt.status === 'prepared'
  if (isOpen && (!isOver(item) || isStopping(item)))
    return rollUp(platform, source, folder, { now: platform.clock.now(), keptSeconds })
  // What it shipped last is read first: nobody else looks at an attempt that is over.
  await ingestAttempt(platform, source.job, stage, source.attempt)
  await compactAttempt(platform, source, folder)
}

const isOver = (item: Parameters<typeof toJob>[0]) => toJob(item).finished_at !== undefined
