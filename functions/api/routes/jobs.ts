import { attemptName } from '../../../core/jobs/artifacts.ts'
import { cancelJob, cloneJob, resumeJob } from '../../../core/jobs/control-job.ts'
import { failurePackKey } from '../../../core/jobs/failure-pack.ts'
import { getJob, listJobEvents, listJobs } from '../../../core/jobs/job-store.ts'
import { submitJob } from '../../../core/jobs/submit-job.ts'
import { viewJob } from '../../../core/jobs/view-job.ts'
import { Fault } from '../../../core/platform/fault.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { findReport } from '../../../core/preflight/report.ts'
import { operations } from '../../../schemas/api.ts'
import type { Job } from '../../../schemas/job.ts'
import type { Binder } from '../bind.ts'
import { toPage } from '../page.ts'

const location = (job: Job) => `/v1/jobs/${job.id}`

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock' | 'ids' | 'compute'>

/** Jobs: submit, control, and everything one may look at. */
export function jobRoutes(bind: Binder, platform: Needs): void {
  bind(operations.submitJob, ({ body, caller }) => submitJob(platform, body, caller), location)
  bind(operations.listJobs, ({ query }) => toPage(query, (page) => listJobs(platform.table, page)))
  bind(operations.getJob, ({ params }) => viewJob(platform, params.job))
  bind(operations.cancelJob, ({ params, body }) => cancelJob(platform, params.job, body.reason), location)
  bind(operations.resumeJob, ({ params, caller }) => resumeJob(platform, params.job, caller), location)
  bind(operations.cloneJob, ({ params, caller }) => cloneJob(platform, params.job, caller), location)
  bind(operations.listJobEvents, async ({ params, query }) => {
    await getJob(platform.table, params.job)
    return toPage(query, (page) => listJobEvents(platform.table, params.job, page))
  })
  bind(operations.getPreflight, async ({ params }) => {
    const { id, run } = await getJob(platform.table, params.job)
    const [round1, round2] = await Promise.all([
      findReport(platform, { job: id, run }, 'round1'),
      findReport(platform, { job: id, run }, 'round2'),
    ])
    return { round1: round1 ?? null, round2: round2 ?? null }
  })
  bind(operations.getLogs, async ({ params, query }) => {
    const job = await getJob(platform.table, params.job)
    const { stage, attempt } = chosenAttempt(job, query.stage, query.attempt)
    return { stage, attempt, lines: await platform.compute.logTail(attemptName(job.id, stage, attempt), query.lines) }
  })
  bind(operations.getFailurePack, async ({ params }) => {
    const job = await getJob(platform.table, params.job)
    const key = failurePackKey(job.id, job.run)
    if (!(await platform.blobs.head(key)))
      throw new Fault(
        'not_found',
        `run ${job.run} of job ${job.id} has no failure pack: it is ${job.status}, and only failed runs have one`,
      )
    return { url: await platform.blobs.presign(key, 'GET', 3600) }
  })
}

function chosenAttempt(
  job: Job,
  stage: number | undefined,
  attempt: number | undefined,
): { stage: number; attempt: number } {
  const chosen = stage === undefined ? job.stages.findLast((each) => each.attempts.length > 0) : job.stages[stage]
  const number = attempt ?? chosen?.attempts.at(-1)?.number
  if (chosen && number !== undefined && chosen.attempts.some((each) => each.number === number))
    return { stage: chosen.index, attempt: number }
  if (job.evaluates)
    throw new Fault(
      'not_found',
      `job ${job.id} trains nothing, so it has no logs of stages; see the replies with: sluice evaluations responses EVALUATION`,
    )
  throw new Fault(
    'not_found',
    `job ${job.id} has no such attempt: nothing was started for stage ${stage ?? 'any'}, attempt ${attempt ?? 'any'}`,
  )
}
