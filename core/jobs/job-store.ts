import type { Job, JobEvent } from '../../schemas/job.ts'
import { Fault } from '../platform/fault.ts'
import { mapPage, type PageRequest, pageOptions, queryAll } from '../platform/paging.ts'
import type { Draft, Item, JsonObject, Page, Table } from '../platform/ports.ts'
import { isTerminal } from './lifecycle.ts'

export const jobKey = (id: string) => ({ pk: `JOB#${id}`, sk: 'META' })
export const toJob = (item: Item) => item.data as unknown as Job

/** A job without training stages, which evaluates a registered model version. */
export const isEvaluation = (job: Pick<Job, 'kind'>) => job.kind === 'evaluation'

/** A job that ends with its preflight. */
export const isPreflightOnly = (job: Pick<Job, 'kind'>) => job.kind === 'preflight'

/** gsi1: live jobs, those that are over but may have left something running, and the others by status. gsi2: all, by creation. */
export function jobDraft(job: Job): Draft {
  const list = !isTerminal(job.status) ? 'live' : mayHaveLeftOvers(job) ? 'stopping' : job.status
  return draftIn(list, job)
}

/** Whether a stored job is over and has not been seen to have left nothing behind. */
export const isStopping = (item: Item) => item.gsi1?.pk === 'JOBS#stopping'

/** The record of a job that has been seen to have left nothing behind. It says the same; only its list is another. */
export function settledDraft(job: Job): Draft {
  return draftIn(job.status, job)
}

function draftIn(list: string, job: Job): Draft {
  const place = `${job.created_at}#${job.id}`
  return {
    ...jobKey(job.id),
    data: job as unknown as JsonObject,
    gsi1: { pk: `JOBS#${list}`, sk: place },
    gsi2: { pk: 'JOBS', sk: place },
  }
}

/** Every other end comes after its trainers' and is its execution's own. */
function mayHaveLeftOvers(job: Job): boolean {
  return (
    job.status === 'cancelled' ||
    job.stages.some(({ attempts }) => attempts.some(({ status }) => status === 'prepared'))
  )
}

/** undefined when there is none. */
export async function findJob(table: Table, id: string): Promise<Job | undefined> {
  const item = await table.get(jobKey(id))
  return item && toJob(item)
}

/** Fault `not_found`. */
export async function getJob(table: Table, id: string): Promise<Job> {
  const job = await findJob(table, id)
  if (job) return job
  throw new Fault('not_found', `job ${id} does not exist; list jobs with: sluice jobs list`)
}

/** Newest first. */
export async function listJobs(table: Table, request: PageRequest): Promise<Page<Job>> {
  return mapPage(await table.query({ pk: 'JOBS', index: 'gsi2', descending: true, ...pageOptions(request) }), toJob)
}

/** Jobs that are not finished, oldest first. The index may lag: read a job again before acting on it. */
export async function* liveJobs(table: Table): AsyncGenerator<Job> {
  for await (const item of queryAll(table, { pk: 'JOBS#live', index: 'gsi1' })) yield toJob(item)
}

/** Jobs that are over and have not been seen to have left nothing behind. The index may lag. */
export async function* stoppingJobs(table: Table): AsyncGenerator<Job> {
  for await (const item of queryAll(table, { pk: 'JOBS#stopping', index: 'gsi1' })) yield toJob(item)
}

/** Ordered by `sequence`, which has room for a million changes. */
export function jobEventDraft(job: string, sequence: number, event: JobEvent): Draft {
  return { pk: `JOB#${job}`, sk: `EV#${String(sequence).padStart(6, '0')}`, data: event as unknown as JsonObject }
}

/** Oldest first. */
export async function listJobEvents(table: Table, job: string, request: PageRequest): Promise<Page<JobEvent>> {
  return mapPage(
    await table.query({ pk: `JOB#${job}`, sk: { prefix: 'EV#' }, ...pageOptions(request) }),
    (item) => item.data as unknown as JobEvent,
  )
}

/** A job's history behind `sequence`, oldest first. Its writer is a consumer of events: a later one may be there before an earlier one. */
export async function* jobEventsAfter(table: Table, job: string, sequence: number) {
  const from = `EV#${String(sequence + 1).padStart(6, '0')}`
  for await (const item of queryAll(table, { pk: `JOB#${job}`, sk: { from, to: 'EV#~' } })) yield toSequenced(item)
}

/** The newest of a job's history; undefined while nothing is recorded. */
export async function lastJobEvent(table: Table, job: string) {
  const query = { pk: `JOB#${job}`, sk: { prefix: 'EV#' }, descending: true, limit: 1 }
  const [item] = (await table.query(query)).items
  return item && toSequenced(item)
}

function toSequenced(item: Item): { sequence: number; event: JobEvent } {
  return { sequence: Number(item.sk.slice(3)), event: item.data as unknown as JobEvent }
}
