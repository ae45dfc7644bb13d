import type { JobSummary } from '../../schemas/dashboard.ts'
import type { Job, Stage } from '../../schemas/job.ts'
import { getCursor } from '../metrics/metric-store.ts'
import type { PageRequest } from '../platform/paging.ts'
import type { Page, Platform } from '../platform/ports.ts'
import { inLanes } from '../preflight/in-lanes.ts'
import { createPriceList, jobCost, type PriceOf } from './job-cost.ts'
import { listJobs } from './job-store.ts'

type Needs = Pick<Platform, 'table' | 'metrics' | 'compute' | 'clock'>

// Cursors that are read at once.
const lanes = 16

/**
 * One page of jobs in a line each, newest first. Beside the page itself: one cursor for each job that has not trained to its end, each
 * recipe version and each compute definition once.
 */
export async function listSummaries(platform: Needs, request: PageRequest): Promise<Page<JobSummary>> {
  const page = await listJobs(platform.table, request)
  const priceOf = createPriceList(platform)
  return { ...page, items: await inLanes(page.items, lanes, (job) => summarize(platform, job, priceOf)) }
}

/** How many of these jobs are in each status. Pure. */
export function countStatuses(jobs: readonly Pick<JobSummary, 'status'>[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of jobs) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

async function summarize(platform: Needs, job: Job, priceOf: PriceOf): Promise<JobSummary> {
  const trains = job.stages.length > 0 && job.kind !== 'preflight'
  return {
    id: job.id,
    kind: job.kind ?? 'training',
    status: job.status,
    recipe: { name: job.recipe.name, version: job.recipe.version },
    progress: trains ? await progressOf(platform, job) : null,
    health: job.health ?? null,
    cost_usd: jobCost(job, await priceOf(job), platform.clock.now()),
    message: job.reason?.message ?? job.error_message ?? null,
    created_at: job.created_at,
    updated_at: job.updated_at,
  }
}

/** Of the first stage that has not succeeded, or of the last. A stage that succeeded covered its planned steps. */
async function progressOf(platform: Needs, job: Job): Promise<NonNullable<JobSummary['progress']>> {
  const stage = job.stages.find(({ status }) => status !== 'succeeded') ?? (job.stages.at(-1) as Stage)
  const step = stage.status === 'succeeded' ? stage.planned_steps : await stepOf(platform, job, stage)
  const planned = (stages: readonly Stage[]) => stages.reduce((sum, each) => sum + each.planned_steps, 0)
  const covered = planned(job.stages.slice(0, stage.index)) + Math.min(step, stage.planned_steps)
  return {
    stage: stage.index,
    stages: job.stages.length,
    algorithm: stage.algorithm,
    step,
    planned_steps: stage.planned_steps,
    share: covered / planned(job.stages),
  }
}

async function stepOf({ metrics }: Needs, job: Job, stage: Stage): Promise<number> {
  const attempt = stage.attempts.at(-1)
  if (!attempt) return 0
  const cursor = await getCursor(metrics, { job: job.id, stage: stage.index, attempt: attempt.number })
  return cursor.last_step ?? attempt.resumed_from_step
}
