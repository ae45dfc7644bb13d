import type { Job } from '../../schemas/job.ts'
import { forEvery } from '../platform/for-every.ts'
import type { Execution, Platform } from '../platform/ports.ts'
import { failJob } from './finish-job.ts'
import { liveJobs } from './job-store.ts'
import { executionName, startExecution } from './run-execution.ts'

export type Repair =
  | { kind: 'start'; job: string; run: number }
  | { kind: 'fail'; job: string; run: number; error: string; cause: string }

/** What the record and its execution need to agree again. Pure. */
export function plan(job: Pick<Job, 'id' | 'run'>, execution: Execution | undefined): Repair | undefined {
  const { id, run } = job
  if (!execution) return { kind: 'start', job: id, run }
  if (execution.status === 'pending' || execution.status === 'running') return undefined
  const cause = execution.cause ?? `the execution ended as ${execution.status} while the job was still open`
  return { kind: 'fail', job: id, run, error: execution.error ?? `execution_${execution.status}`, cause }
}

/** Brings every live job and its execution together: starts what never started, ends the records whose execution ended. */
export async function reconcile(
  platform: Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock' | 'compute' | 'workflows'>,
): Promise<Repair[]> {
  const repairs: Repair[] = []
  await forEvery(liveJobs(platform.table), async (job) => {
    const repair = plan(job, await platform.workflows.describe(executionName(job.id, job.run)))
    if (!repair) return
    if (repair.kind === 'start') await startExecution(platform, repair)
    else await failJob(platform, repair)
    repairs.push(repair)
  })
  return repairs
}
