import type { Job, JobView } from '../../schemas/job.ts'
import { getCursor } from '../metrics/metric-store.ts'
import type { Platform } from '../platform/ports.ts'
import { getJob } from './job-store.ts'
import { waitingGeneration } from './waiting-generation.ts'

/** The job with the newest step and values of each stage, and with why it waits, as far as that is known. */
export async function viewJob(platform: Pick<Platform, 'table' | 'metrics' | 'compute'>, id: string): Promise<JobView> {
  const job = await getJob(platform.table, id)
  const waiting = await waitingGeneration(platform, job)
  const stages = await Promise.all(
    job.stages.map(async (stage) => ({ ...stage, ...(await progress(platform, job, stage)) })),
  )
  return { ...job, ...(waiting && { reason: waiting }), stages }
}

async function progress(platform: Pick<Platform, 'metrics'>, job: Job, stage: Job['stages'][number]) {
  const attempt = stage.attempts.at(-1)
  if (!attempt) return { step: 0, latest: {} }
  const cursor = await getCursor(platform.metrics, { job: job.id, stage: stage.index, attempt: attempt.number })
  return { step: cursor.last_step ?? attempt.resumed_from_step, latest: cursor.latest }
}
