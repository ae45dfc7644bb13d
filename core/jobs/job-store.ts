import type { Job, JobEvent } from '../../schemas/job.ts'
import { Fault } from '../platform/fault.ts'
import { mapPage, type PageRequest, pageOptions, queryAll } from '../platform/paging.ts'
import type { Draft, Item, JsonObject, Page, Table } from '../platform/ports.ts'
import { isTerminal } from './lifecycle.ts'

export const jobKey = (id: string) => ({ pk: `JOB#${id}`, sk: 'META' })
export const toJob = (item: Item) => item.data as unknown as Job

/** gsi1: live jobs, and the finished by status. gsi2: all jobs, by creation. */
export function jobDraft(job: Job): Draft {
  const place = `${job.created_at}#${job.id}`
  return {
    ...jobKey(job.id),
    data: job as unknown as JsonObject,
    gsi1: { pk: isTerminal(job.status) ? `JOBS#${job.status}` : 'JOBS#live', sk: place },
    gsi2: { pk: 'JOBS', sk: place },
  }
}

/** Fault `not_found`. */
export async function getJob(table: Table, id: string): Promise<Job> {
  const item = await table.get(jobKey(id))
  if (item) return toJob(item)
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
