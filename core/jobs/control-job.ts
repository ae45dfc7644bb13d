import type { Anomaly } from '../../schemas/diagnostics.ts'
import type { Attempt, Job, Stage } from '../../schemas/job.ts'
import { listAnomalies } from '../diagnostics/anomaly-store.ts'
import { Fault } from '../platform/fault.ts'
import { type Caller, claimKey } from '../platform/idempotency.ts'
import type { Platform } from '../platform/ports.ts'
import { changeJob } from './change-job.ts'
import { newestCheckpoint } from './checkpoints.ts'
import { getJob, isEvaluation, isPreflightOnly } from './job-store.ts'
import { next } from './lifecycle.ts'
import { recipeOf } from './pinned.ts'
import { submitJob } from './submit-job.ts'
import { syncJobMetrics } from './sync-metrics.ts'

/**
 * Ends a job now. Its execution and trainers are stopped by the event of this write (SIGTERM, checkpoint, SIGKILL). Cancelling
 * twice is fine.
 */
export async function cancelJob(platform: Pick<Platform, 'table' | 'clock'>, id: string, reason: string): Promise<Job> {
  return changeJob(platform, id, (job) => {
    if (job.status === 'cancelled') return undefined
    requireNotRegistering(job)
    return {
      event: 'cancelled',
      message: `cancelled: ${reason}`,
      patch: { reason: { code: 'cancelled', message: reason, evidence: [] } },
    }
  })
}

/** A model is registered, and its alias moved, before the job says so: a job must not be cancelled in between. */
function requireNotRegistering(job: Job): void {
  if (job.status !== 'gating' || job.gate?.verdict !== 'pass' || isEvaluation(job)) return
  throw new Fault(
    'illegal_transition',
    `job ${job.id} has passed its gate and registers its model now, which takes a moment; move the alias back if it must not stay`,
  )
}

/**
 * Runs a job that failed, was cancelled or was refused by preflight again from its latest complete checkpoint; stages that
 * succeeded are not repeated. A key resumes once: its repeat gets the job as it is by then. Fault `illegal_transition` when
 * there is nothing to go on from, `busy` while the old trainer is still stopping.
 */
export async function resumeJob(
  platform: Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock' | 'compute'>,
  id: string,
  caller: Caller,
): Promise<Job> {
  const job = await getJob(platform.table, id)
  const first = await claimKey(platform, caller, { resume: id }, { run: job.run })
  if (first.run < job.run) return job
  requireEnded(job)
  await requireCheckpoint(platform, job)
  await requireStopped(platform, job)
  // The attempts are closed below: what they shipped last is taken in before.
  await syncJobMetrics(platform, job)
  // A finding that was read when the job was over is not on its record.
  const doom = (await listAnomalies(platform.table, id)).filter(({ stops }) => stops)
  return changeJob(platform, id, (current) => {
    if (current.run !== job.run) return undefined
    const stages = current.stages.map((stage) => reopen(stage, doom, platform.clock.now().toISOString()))
    return {
      event: 'resumed',
      message: `resumed as run ${job.run + 1}`,
      patch: { ...cleared, run: job.run + 1, stages },
    }
  })
}

/** Submits the same recipe version, or evaluates the same model version, on the same dataset versions as a new job. */
export async function cloneJob(
  platform: Pick<Platform, 'table' | 'clock' | 'ids'>,
  id: string,
  caller: Caller,
): Promise<Job> {
  const job = await getJob(platform.table, id)
  const { name, version, spec } = await recipeOf(platform.table, job)
  const { evaluates } = job
  const asked = [...(evaluates ? [] : spec.stages.map((stage) => stage.dataset)), spec.evaluation.dataset]
  const used = [...(evaluates ? [] : job.datasets.stages), job.datasets.evaluation]
  const bindings = asked.flatMap((open, i) =>
    open.includes('@') ? [] : [[open, `${used[i]?.name}@${used[i]?.digest}`] as const],
  )
  const what = evaluates
    ? { evaluate: `${evaluates.name}@${evaluates.version}` }
    : { recipe: `${name}@${version}`, ...(isPreflightOnly(job) && { preflight_only: true }) }
  return submitJob(platform, { ...what, datasets: Object.fromEntries(bindings), labels: job.labels }, caller, id)
}

/** What the run before decided; the next one decides it anew. */
const cleared = {
  reason: undefined,
  error_message: undefined,
  finished_at: undefined,
  comparison: undefined,
  gate: undefined,
  evaluations: undefined,
  model: undefined,
  health: undefined,
  findings: undefined,
}

function requireEnded(job: Job): void {
  if (job.status === 'refused' && job.reason?.code !== 'preflight_failed')
    throw new Fault('illegal_transition', `job ${job.id} was refused by its gate; train something better as a new job`)
  if (!next(job.status, 'resumed'))
    throw new Fault(
      'illegal_transition',
      `job ${job.id} is ${job.status}; only jobs that failed, were cancelled or were refused by preflight can be resumed`,
    )
}

async function requireCheckpoint(platform: Pick<Platform, 'blobs'>, job: Job): Promise<void> {
  if (isEvaluation(job) || isPreflightOnly(job) || job.stages.some((stage) => stage.status === 'succeeded')) return
  for (const stage of job.stages) if (await newestCheckpoint(platform, job.id, stage)) return
  throw new Fault(
    'illegal_transition',
    `job ${job.id} has no latest checkpoint to resume from; clone it to start over: sluice jobs clone ${job.id}`,
  )
}

async function requireStopped(platform: Pick<Platform, 'compute'>, job: Job): Promise<void> {
  for (const stage of job.stages) {
    for (const attempt of stage.attempts.filter((each) => each.status === 'prepared')) {
      const record = await platform.compute.describe(attempt.compute_job)
      if (!record || record.status === 'succeeded' || record.status === 'failed') continue
      throw new Fault(
        'busy',
        `attempt ${attempt.number} of job ${job.id} is still stopping (${record.status}); try again in a few seconds`,
      )
    }
  }
}

/** Attempts that are still open end here; what they saved behind a finding that stops is not resumed from. */
function reopen(stage: Stage, doom: readonly Anomaly[], now: string): Stage {
  if (stage.status === 'succeeded') return stage
  const attempts = stage.attempts.map((attempt): Attempt => {
    if (attempt.status !== 'prepared') return attempt
    const by = doom.find((each) => each.stage === stage.index && each.attempt === attempt.number)
    return {
      ...attempt,
      status: 'preempted',
      reason: 'stopped before the job was resumed',
      ended_at: now,
      ...(by && !attempt.stopped_by && { stopped_by: { anomaly: by.id, step: by.step } }),
    }
  })
  return { ...stage, status: 'pending', attempts }
}
