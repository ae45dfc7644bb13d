import type { JobRun } from '../../schemas/steps.ts'
import { Fault } from '../platform/fault.ts'
import { forEvery } from '../platform/for-every.ts'
import { change } from '../platform/guarded-write.ts'
import type { Platform } from '../platform/ports.ts'
import { jobOverReason } from './exit-rules.ts'
import { failJob } from './finish-job.ts'
import { findJob, isStopping, jobKey, settledDraft, toJob } from './job-store.ts'
import { isTerminal } from './lifecycle.ts'
import { observeCompute } from './observe-compute.ts'
import { look, observeJob } from './reconcile-look.ts'
import { plan, type Repair } from './reconcile-plan.ts'
import { executionName, startExecution, stopIfStarted } from './run-execution.ts'
import { syncAttempt } from './sync-metrics.ts'

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock' | 'compute' | 'workflows'>

/**
 * Brings every job that is live, stopping or running compute together with its execution, its compute jobs and its metrics. Returns
 * what it did: nothing, once all of them agree. What fails holds up nothing else, and is thrown at the end.
 */
export async function reconcile(platform: Needs): Promise<Repair[]> {
  const done: Repair[] = []
  const seen = await look(platform)
  await forEvery(repairs(platform, seen), async (work) => {
    for (const repair of await work()) {
      await act(platform, repair)
      done.push(repair)
    }
  })
  return done
}

/** The same for the execution of one job's run, whose end somebody heard of: everything else follows from the record's end. */
export async function reconcileExecution(platform: Needs, { job: id, run }: JobRun): Promise<Repair[]> {
  const job = await findJob(platform.table, id)
  if (!job || job.run !== run || isTerminal(job.status)) return []
  const execution = await platform.workflows.describe(executionName(id, run))
  const planned = plan({ job, execution, computes: [], awaited: new Set(), unread: [], stopping: false })
  for (const repair of planned) {
    if (repair.kind === 'start') await startExecution(platform, repair)
    if (repair.kind === 'fail') await failJob(platform, repair)
  }
  return planned
}

/** One item for each job to plan for, and one for each repair, so that one that fails holds up no other. */
async function* repairs(
  platform: Needs,
  seen: Awaited<ReturnType<typeof look>>,
): AsyncGenerator<() => Promise<Repair[]>> {
  for (const id of seen.jobs) {
    let planned: Repair[] = []
    yield async () => {
      planned = plan(await observeJob(platform, id, seen))
      return []
    }
    for (const repair of planned) yield async () => [repair]
  }
}

async function act(platform: Needs, repair: Repair): Promise<void> {
  switch (repair.kind) {
    case 'start':
      return startExecution(platform, repair)
    case 'fail':
      await failJob(platform, repair)
      return
    case 'stop':
      return stopIfStarted(platform, executionName(repair.job, repair.run))
    case 'terminate':
      return platform.compute.terminate(repair.computeJob, jobOverReason)
    case 'observe':
      return observeCompute(platform, repair.computeJob)
    case 'ingest':
      await syncAttempt(platform, repair)
      return
    case 'settle':
      return settle(platform, repair.job)
  }
}

/** Moves a job that has left nothing behind out of the list that is looked at. Its record stays as it is. */
async function settle({ table }: Pick<Platform, 'table'>, id: string): Promise<void> {
  await change(table, jobKey(id), (item) => {
    if (!item) throw new Fault('not_found', `job ${id} does not exist any more`)
    return isStopping(item) ? { draft: settledDraft(toJob(item)) } : undefined
  })
}
