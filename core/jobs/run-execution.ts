import type { Job } from '../../schemas/job.ts'
import type { Platform } from '../platform/ports.ts'
import { getJob } from './job-store.ts'
import { isTerminal } from './lifecycle.ts'

const machine = 'training-pipeline'

export const executionName = (job: string, run: number) => `${job}-${run}`

/** Starts the state machine of a job's run. Idempotent by name; a job that is finished meanwhile is left alone. */
export async function startExecution(
  platform: Pick<Platform, 'table' | 'workflows'>,
  request: { job: string; run: number },
): Promise<void> {
  const job = await getJob(platform.table, request.job)
  if (job.run !== request.run || isTerminal(job.status)) return
  await platform.workflows.start({
    machine,
    name: executionName(job.id, job.run),
    input: { job: job.id, run: job.run },
  })
}

/** Stops what a cancelled job left running: its execution and every open trainer. Repeating it is harmless. */
export async function stopExecution(
  platform: Pick<Platform, 'table' | 'workflows' | 'compute'>,
  request: { job: string; run: number },
): Promise<void> {
  const job = await getJob(platform.table, request.job)
  if (job.status !== 'cancelled' || job.run !== request.run) return
  await platform.workflows.stop(executionName(job.id, job.run), 'the job was cancelled')
  for (const name of openComputeJobs(job)) await platform.compute.terminate(name, 'the job was cancelled')
}

export function openComputeJobs(job: Job): string[] {
  return job.stages.flatMap((stage) =>
    stage.attempts.filter((attempt) => attempt.status === 'prepared').map((attempt) => attempt.compute_job),
  )
}
