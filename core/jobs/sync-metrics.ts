import type { Job, Stage } from '../../schemas/job.ts'
import type { MetricsSync } from '../../schemas/metrics.ts'
import { markOpen } from '../metrics/compact-marker.ts'
import { getRecord } from '../metrics/compact-record.ts'
import { type Cursor, getCursor, type Source } from '../metrics/metric-store.ts'
import { Fault } from '../platform/fault.ts'
import { forEvery } from '../platform/for-every.ts'
import type { Platform } from '../platform/ports.ts'
import { ingestAttempt } from './ingest-attempt.ts'
import { getJob, liveJobs } from './job-store.ts'
import { readStatus } from './read-status.ts'
import { watchStalls } from './watch-stalls.ts'

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock'>

/** Reads the new segments of every open attempt of every live job, and looks whether one of them stalls. */
export async function syncLiveMetrics(platform: Needs): Promise<void> {
  await forEvery(liveJobs(platform.table), async (job) => {
    await syncJobMetrics(platform, job)
    await watchStalls(platform, job)
  })
}

/** Reads the new segments of every open attempt of one job, and what its trainer says of itself. */
export async function syncJobMetrics(platform: Needs, job: Job): Promise<void> {
  for (const { stage, attempt } of openAttempts(job)) {
    await ingestAttempt(platform, job.id, stage, attempt)
    await readStatus(platform, job, stage, attempt)
  }
}

/** Reads what any attempt of a job has shipped, and says how much that was. Fault `not_found`. */
export async function syncMetrics(platform: Needs, id: string): Promise<MetricsSync> {
  const job = await getJob(platform.table, id)
  const read = { segments: 0, rows: 0, points: 0 }
  let last_step: number | null = null
  for (const stage of job.stages) {
    for (const { number } of stage.attempts) {
      const source = { job: id, stage: stage.index, attempt: number }
      const before = await getCursor(platform.metrics, source)
      const after: Cursor = await ingestAttempt(platform, id, stage, number)
      if (after.next_segment > before.next_segment) await compactAgain(platform, source)
      await readStatus(platform, job, stage, number)
      read.segments += after.next_segment - before.next_segment
      read.rows += after.rows - before.rows
      read.points += after.points - before.points
      last_step = after.last_step ?? last_step
    }
  }
  return { ...read, last_step }
}

/** What came when its attempt was compacted is to outlive its chunks too. */
async function compactAgain({ metrics }: Pick<Platform, 'metrics'>, source: Source): Promise<void> {
  if ((await getRecord(metrics, source))?.done) await markOpen(metrics, source)
}

/** Reads the new segments of one attempt. Fault `not_found` when the job has no such stage. */
export async function syncAttempt(
  platform: Needs,
  { job: id, stage: index, attempt }: { job: string; stage: number; attempt: number },
): Promise<void> {
  const job = await getJob(platform.table, id)
  const stage = job.stages[index]
  if (!stage) throw new Fault('not_found', `job ${id} has ${job.stages.length} stages, no stage ${index}`)
  await ingestAttempt(platform, job.id, stage, attempt)
}

/** The attempts that are open on the record. */
export function openAttempts(job: Job): { stage: Stage; attempt: number }[] {
  return job.stages.flatMap((stage) =>
    stage.attempts.filter(({ status }) => status === 'prepared').map(({ number }) => ({ stage, attempt: number })),
  )
}
