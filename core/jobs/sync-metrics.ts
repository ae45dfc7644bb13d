import type { Job, Stage } from '../../schemas/job.ts'
import { ingestSegments } from '../metrics/ingest-segments.ts'
import { Fault } from '../platform/fault.ts'
import { forEvery } from '../platform/for-every.ts'
import type { Platform } from '../platform/ports.ts'
import { attemptFolder } from './artifacts.ts'
import { getJob, liveJobs } from './job-store.ts'

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs'>

/** Reads the new segments of every open attempt of every live job. */
export async function syncLiveMetrics(platform: Needs): Promise<void> {
  await forEvery(liveJobs(platform.table), (job) => syncJobMetrics(platform, job))
}

/** Reads the new segments of every open attempt of one job. */
export async function syncJobMetrics(platform: Pick<Platform, 'metrics' | 'blobs'>, job: Job): Promise<void> {
  for (const { stage, attempt } of openAttempts(job)) await read(platform, job, stage, attempt)
}

/** Reads the new segments of one attempt. Fault `not_found` when the job has no such stage. */
export async function syncAttempt(
  platform: Needs,
  { job: id, stage: index, attempt }: { job: string; stage: number; attempt: number },
): Promise<void> {
  const job = await getJob(platform.table, id)
  const stage = job.stages[index]
  if (!stage) throw new Fault('not_found', `job ${id} has ${job.stages.length} stages, no stage ${index}`)
  await read(platform, job, stage, attempt)
}

/** The attempts that are open on the record. */
export function openAttempts(job: Job): { stage: Stage; attempt: number }[] {
  return job.stages.flatMap((stage) =>
    stage.attempts.filter(({ status }) => status === 'prepared').map(({ number }) => ({ stage, attempt: number })),
  )
}

/** Where an attempt ships its segments. Ends with a slash. */
export function metricsFolder(job: string, stage: Pick<Stage, 'index' | 'algorithm'>, attempt: number): string {
  return `${attemptFolder(job, stage, attempt)}metrics/`
}

async function read(platform: Pick<Platform, 'metrics' | 'blobs'>, job: Job, stage: Stage, attempt: number) {
  const source = { job: job.id, stage: stage.index, attempt }
  await ingestSegments(platform, source, metricsFolder(job.id, stage, attempt))
}
