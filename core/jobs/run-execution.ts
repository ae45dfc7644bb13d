import type { Job } from '../../schemas/job.ts'
import type { JobRun } from '../../schemas/steps.ts'
import { Fault, isFault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { jobOverReason } from './exit-rules.ts'
import { getJob } from './job-store.ts'
import { isTerminal } from './lifecycle.ts'
import { syncJobMetrics } from './sync-metrics.ts'

const machine = 'training-pipeline'

export const executionName = (job: string, run: number) => `${job}-${run}`

/** The run whose execution this is; undefined for the name of any other. */
export function runOf(execution: string): JobRun | undefined {
  const [, job, run] = /^(job-[a-z0-9]{20})-([1-9]\d{0,8})$/.exec(execution) ?? []
  return job === undefined ? undefined : { job, run: Number(run) }
}

/** Starts the state machine of a job's run. Idempotent by name; a job that is finished meanwhile is left alone. */
export async function startExecution(platform: Pick<Platform, 'table' | 'workflows'>, request: JobRun): Promise<void> {
  const job = await getJob(platform.table, request.job)
  if (job.run !== request.run || isTerminal(job.status)) return
  await platform.workflows.start({
    machine,
    name: executionName(job.id, job.run),
    input: { job: job.id, run: job.run },
  })
}

/**
 * Stops what a finished job left running, the execution of a cancelled one and open trainers, and takes in the metrics of their
 * last seconds. Fault `busy` until they are seen to have ended, so that the event comes again. Repeating it is harmless.
 */
export async function stopExecution(
  platform: Pick<Platform, 'table' | 'metrics' | 'blobs' | 'workflows' | 'compute' | 'clock'>,
  request: JobRun,
): Promise<void> {
  const job = await getJob(platform.table, request.job)
  // Resumed meanwhile: nothing of the old run may go on.
  if (job.run !== request.run) return stopIfStarted(platform, executionName(job.id, request.run))
  if (!isTerminal(job.status)) return
  // Every other end is the execution's own, which may still have its last states to go through.
  if (job.status === 'cancelled') await stopIfStarted(platform, executionName(job.id, job.run))
  for (const name of openComputeJobs(job)) {
    if (!(await isActive(platform, name))) continue
    await platform.compute.terminate(name, jobOverReason)
    if (await isActive(platform, name))
      throw new Fault(
        'busy',
        `${name} of job ${job.id}, which is ${job.status}, is still stopping; the stop is looked at again`,
      )
  }
  await syncJobMetrics(platform, job)
}

/**
 * Stops the trainers of attempts that a finding condemned: SIGTERM, a checkpoint, SIGKILL. What became of the attempt is concluded by
 * its execution, which waits for it. Repeating it is harmless.
 */
export async function stopDoomed(platform: Pick<Platform, 'table' | 'compute'>, request: JobRun): Promise<void> {
  const job = await getJob(platform.table, request.job)
  if (job.run !== request.run || isTerminal(job.status)) return
  for (const { compute_job, status, stopped_by } of job.stages.flatMap(({ attempts }) => attempts)) {
    if (status !== 'prepared' || !stopped_by || !(await isActive(platform, compute_job))) continue
    await platform.compute.terminate(compute_job, `stopped by finding ${stopped_by.anomaly}`)
  }
}

/** Stops an execution; one that was never started is no fault. */
export async function stopIfStarted(platform: Pick<Platform, 'workflows'>, name: string): Promise<void> {
  try {
    await platform.workflows.stop(name, 'the job was cancelled')
  } catch (error) {
    if (!isFault(error, 'not_found')) throw error
  }
}

async function isActive(platform: Pick<Platform, 'compute'>, name: string): Promise<boolean> {
  const record = await platform.compute.describe(name)
  return record !== undefined && record.status !== 'succeeded' && record.status !== 'failed'
}

function openComputeJobs(job: Job): string[] {
  return job.stages.flatMap((stage) =>
    stage.attempts.filter((attempt) => attempt.status === 'prepared').map((attempt) => attempt.compute_job),
  )
}
