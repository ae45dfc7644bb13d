import type { Job } from '../../schemas/job.ts'
import { forEvery } from '../platform/for-every.ts'
import type { Execution, Platform } from '../platform/ports.ts'
import { ownerOf } from './artifacts.ts'
import { jobOverReason } from './exit-rules.ts'
import { failJob } from './finish-job.ts'
import { getJob, liveJobs } from './job-store.ts'
import { isTerminal } from './lifecycle.ts'
import { executionName, startExecution } from './run-execution.ts'

export type Repair =
  | { kind: 'start'; job: string; run: number }
  | { kind: 'fail'; job: string; run: number; error: string; cause: string }
  | { kind: 'terminate'; job: string; computeJob: string }

type JobRepair = Exclude<Repair, { kind: 'terminate' }>

/** What the record and its execution need to agree again. Pure. */
export function plan(job: Pick<Job, 'id' | 'run'>, execution: Execution | undefined): JobRepair | undefined {
  const { id, run } = job
  if (!execution) return { kind: 'start', job: id, run }
  if (execution.status === 'pending' || execution.status === 'running') return undefined
  const cause = execution.cause ?? `the execution ended as ${execution.status} while the job was still open`
  return { kind: 'fail', job: id, run, error: execution.error ?? `execution_${execution.status}`, cause }
}

type Needs = Pick<Platform, 'table' | 'blobs' | 'clock' | 'compute' | 'workflows'>

/**
 * Brings every live job and its execution together: starts what never started, ends the records whose execution ended. Then
 * terminates the trainers of jobs that are over. What fails holds up nothing else, and is thrown at the end.
 */
export async function reconcile(platform: Needs): Promise<Repair[]> {
  const repairs: Repair[] = []
  await forEvery(looks(platform), async (look) => {
    const repair = await look()
    if (repair) repairs.push(repair)
  })
  return repairs
}

async function* looks(platform: Needs): AsyncGenerator<() => Promise<Repair | undefined>> {
  for await (const job of liveJobs(platform.table)) yield () => repairJob(platform, job)
  for (const { name } of await platform.compute.listActive()) yield () => terminateOrphan(platform, name)
}

async function repairJob(platform: Needs, job: Job): Promise<Repair | undefined> {
  const repair = plan(job, await platform.workflows.describe(executionName(job.id, job.run)))
  if (repair?.kind === 'start') await startExecution(platform, repair)
  if (repair?.kind === 'fail') await failJob(platform, repair)
  return repair
}

/** The event that stops a job's trainers may have been given up. */
async function terminateOrphan({ table, compute }: Needs, computeJob: string): Promise<Repair | undefined> {
  const job = ownerOf(computeJob)
  if (job === undefined || !isTerminal((await getJob(table, job)).status)) return undefined
  await compute.terminate(computeJob, jobOverReason)
  return { kind: 'terminate', job, computeJob }
}
