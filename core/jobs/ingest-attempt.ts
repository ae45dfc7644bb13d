import type { Stage } from '../../schemas/job.ts'
import { createEngine } from '../diagnostics/engine.ts'
import { ingestSegments } from '../metrics/ingest-segments.ts'
import type { Cursor, Source } from '../metrics/metric-store.ts'
import { getSourceHead } from '../metrics/source-head.ts'
import type { OpenWatcher } from '../metrics/watcher.ts'
import type { Platform } from '../platform/ports.ts'
import { attemptFolder } from './artifacts.ts'
import { recordFinding } from './record-finding.ts'

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock'>

/** So long a chunk is kept: long after the longest attempt and its compaction, which is tried again until it works. */
export const keptSeconds = 60 * 24 * 3600

/** Where an attempt ships its segments. Ends with a slash. */
export function metricsFolder(job: string, stage: Pick<Stage, 'index' | 'algorithm'>, attempt: number): string {
  return `${attemptFolder(job, stage, attempt)}metrics/`
}

/** Reads the new segments of one attempt, up to `last` where told, and records what the diagnostic rules find in them. */
export async function ingestAttempt(
  platform: Needs,
  job: string,
  stage: Pick<Stage, 'index' | 'algorithm'>,
  attempt: number,
  last?: number,
): Promise<Cursor> {
  const source: Source = { job, stage: stage.index, attempt }
  return ingestSegments(platform, source, metricsFolder(job, stage, attempt), {
    open: openWatch(platform),
    expiresAt: Math.floor(platform.clock.now().getTime() / 1000) + keptSeconds,
    ...(last !== undefined && { last }),
  })
}

/** The rules, by the head of the attempt; what they find is recorded before the rows count as read. */
export function openWatch(platform: Pick<Platform, 'table' | 'metrics' | 'clock'>): OpenWatcher {
  return async (source, state) => {
    const head = await getSourceHead(platform.metrics, source)
    const { job, stage, attempt } = source
    const engine = createEngine({ stage, attempt, head: head ?? unknownHead }, state)
    return {
      async observe(rows, oddities) {
        for (const finding of engine.observe(rows, oddities)) await recordFinding(platform, job, finding)
      },
      state: () => engine.state(),
    }
  }
}

const unknownHead = { algorithm: 'unknown', planned_steps: 0, resumed_from_step: 0 }
