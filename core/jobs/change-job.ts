import type { Job } from '../../schemas/job.ts'
import type { JobRun } from '../../schemas/steps.ts'
import type { BusinessEvent } from '../platform/business-events.ts'
import { Fault } from '../platform/fault.ts'
import { change } from '../platform/guarded-write.ts'
import type { Item, JsonObject, Platform, Table } from '../platform/ports.ts'
import { getJob, jobDraft, jobKey, toJob } from './job-store.ts'
import { isTerminal, type LifecycleEvent, next } from './lifecycle.ts'

export interface Change {
  event: LifecycleEvent
  /** For people: what happened. */
  message: string
  /** undefined removes a field. */
  patch?: { [Field in keyof Job]?: Job[Field] | undefined }
}

/**
 * The only way a job's record changes: `decide` looks at the present job, the lifecycle table rules, the write is guarded by
 * version and carries its event. undefined from `decide` leaves the job as it is. Fault `illegal_transition` when the job's
 * status does not allow the event.
 */
export async function changeJob(
  platform: Pick<Platform, 'table' | 'clock'>,
  id: string,
  decide: (job: Job) => Change | undefined,
): Promise<Job> {
  const item = await change(platform.table, jobKey(id), (current) => {
    if (!current) throw new Fault('not_found', `job ${id} does not exist`)
    const job = toJob(current)
    const wanted = decide(job)
    if (!wanted) return undefined
    const status = next(job.status, wanted.event)
    if (!status)
      throw new Fault(
        'illegal_transition',
        `job ${id} is ${job.status}: ${wanted.event.replaceAll('_', ' ')} is not possible any more`,
      )
    const now = platform.clock.now().toISOString()
    const merged = { ...job, ...wanted.patch, status, updated_at: now, ...(isTerminal(status) && { finished_at: now }) }
    const changed = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)) as Job
    return { draft: jobDraft(changed), event: jobEvent(changed, current.version + 1, wanted, now) }
  })
  return toJob(item as Item)
}

/** The job as a step of this run may see it. Fault `illegal_transition` when it is finished or a later run took over. */
export async function getLiveJob(table: Table, { job, run }: JobRun): Promise<Job> {
  return requireLive(await getJob(table, job), run)
}

/** `changeJob` for a step of this run: also a Fault `illegal_transition` when the job is finished or a later run took over. */
export async function changeLiveJob(
  platform: Pick<Platform, 'table' | 'clock'>,
  { job, run }: JobRun,
  decide: (job: Job) => Change | undefined,
): Promise<Job> {
  return changeJob(platform, job, (current) => decide(requireLive(current, run)))
}

/** The event of the write that makes a job's record version `version`. */
export function jobEvent(
  job: Job,
  version: number,
  wanted: Pick<Change, 'event' | 'message'> | undefined,
  time: string,
): BusinessEvent {
  const type =
    wanted === undefined || wanted.event === 'resumed'
      ? 'job.submitted.v1'
      : isTerminal(job.status)
        ? 'job.finished.v1'
        : 'job.changed.v1'
  const data: JsonObject = {
    job: job.id,
    run: job.run,
    sequence: version,
    status: job.status,
    event: wanted?.event ?? 'submitted',
    message: wanted?.message ?? `submitted with recipe ${job.recipe.name} version ${job.recipe.version}`,
  }
  return { id: `${job.id}#${version}`, type, time, subject: job.id, data }
}

/** The job when a step of run `run` may go on with it. Fault `illegal_transition` when it is finished or a later run took over. */
export function requireLive(job: Job, run: number): Job {
  if (job.run !== run) throw new Fault('illegal_transition', `job ${job.id} is in run ${job.run}; run ${run} is over`)
  if (isTerminal(job.status)) throw new Fault('illegal_transition', `job ${job.id} is ${job.status}`)
  return job
}
