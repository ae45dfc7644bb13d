import type { Attempt, Job } from '../../schemas/job.ts'
import type { JobRun } from '../../schemas/steps.ts'
import type { BusinessEvent } from '../platform/business-events.ts'
import { Fault } from '../platform/fault.ts'
import { change } from '../platform/guarded-write.ts'
import type { Item, JsonObject, Platform, Table } from '../platform/ports.ts'
import { getJob, jobDraft, jobKey, toJob } from './job-store.ts'
import { isTerminal, type LifecycleEvent, next } from './lifecycle.ts'
import { waitingReason } from './waiting.ts'

export interface Change {
  event: LifecycleEvent
  /** For people: what happened. */
  message: string
  /** undefined removes a field. */
  patch?: { [Field in keyof Job]?: Job[Field] | undefined }
  /** More that its event says. */
  data?: JsonObject
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
    const merged = {
      ...job,
      ...wanted.patch,
      status,
      updated_at: now,
      ...(isTerminal(status) && { finished_at: now }),
    } as Job
    const changed = defined({ ...merged, ...whyNow(merged, wanted) })
    return { draft: jobDraft(changed), event: jobEvent(changed, current.version + 1, wanted, now) }
  })
  return toJob(item as Item)
}

/** Of a job that is over, what ended it; of a live one, what it waits for. What an open attempt was seen doing ends with its job. */
function whyNow(merged: Job, { patch }: Change): Record<'reason' | 'stages', unknown> {
  if (!isTerminal(merged.status)) return { reason: waitingReason(merged.stages), stages: merged.stages }
  const settled = ({ compute, ...attempt }: Attempt): Attempt =>
    attempt.status === 'prepared' || !compute ? attempt : { ...attempt, compute }
  const stages = merged.stages.map((stage) => ({ ...stage, attempts: stage.attempts.map(settled) }))
  return { reason: patch?.reason, stages }
}

const defined = (fields: object) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Job

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
  wanted: Pick<Change, 'event' | 'message' | 'data'> | undefined,
  time: string,
): BusinessEvent {
  const type =
    wanted === undefined || wanted.event === 'resumed'
      ? 'job.submitted.v1'
      : isTerminal(job.status)
        ? 'job.finished.v1'
        : wanted.event === 'anomaly_found'
          ? 'job.anomaly.v1'
          : 'job.changed.v1'
  const data: JsonObject = {
    job: job.id,
    run: job.run,
    sequence: version,
    status: job.status,
    event: wanted?.event ?? 'submitted',
    message: wanted?.message ?? submittedText(job),
    ...evaluationData(job),
    ...wanted?.data,
  }
  return { id: `${job.id}#${version}`, type, time, subject: job.id, data }
}

function submittedText({ recipe, evaluates }: Job): string {
  if (evaluates) return `submitted to evaluate ${evaluates.name} version ${evaluates.version}`
  return `submitted with recipe ${recipe.name} version ${recipe.version}`
}

/** Whoever reacts to an evaluation need not read the job. */
function evaluationData({ evaluates, gate, comparison }: Job): JsonObject {
  if (!evaluates) return {}
  const { name, version } = evaluates
  return { evaluates: `${name}@${version}`, verdict: gate?.verdict ?? null, comparison: comparison?.verdict ?? null }
}

/** The job when a step of run `run` may go on with it. Fault `illegal_transition` when it is finished or a later run took over. */
export function requireLive(job: Job, run: number): Job {
  if (job.run !== run) throw new Fault('illegal_transition', `job ${job.id} is in run ${job.run}; run ${run} is over`)
  if (isTerminal(job.status)) throw new Fault('illegal_transition', `job ${job.id} is ${job.status}`)
  return job
}
