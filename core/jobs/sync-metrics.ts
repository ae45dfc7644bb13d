import type { Job } from '../../schemas/job.ts'
import { ingestSegments } from '../metrics/ingest-segments.ts'
import { forEvery } from '../platform/for-every.ts'
import type { Platform } from '../platform/ports.ts'
import { attemptFolder } from './artifacts.ts'
import { liveJobs } from './job-store.ts'

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs'>

/** Reads the new segments of every open attempt of every live job. */
export async function syncLiveMetrics(platform: Needs): Promise<void> {
  await forEvery(liveJobs(platform.table), (job) => syncJobMetrics(platform, job))
}

/** Reads the new segments of every open attempt of one job. */
export async function syncJobMetrics(platform: Pick<Platform, 'metrics' | 'blobs'>, job: Job): Promise<void> {
  for (const stage of job.stages) {
    const open = stage.attempts.find((attempt) => attempt.status === 'prepared')
    if (!open) continue
    await ingestSegments(
      platform,
      { job: job.id, stage: stage.index, attempt: open.number },
      `${attemptFolder(job.id, stage, open.number)}metrics/`,
    )
  }
}
