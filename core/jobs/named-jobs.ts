import type { Job } from '../../schemas/job.ts'
import { Fault } from '../platform/fault.ts'
import type { Table } from '../platform/ports.ts'
import { findJob } from './job-store.ts'

/** The jobs of these ids, in their order. Fault `not_found` naming every one that does not exist. */
export async function getJobs(table: Table, ids: readonly string[]): Promise<Job[]> {
  const found = await Promise.all(ids.map((id) => findJob(table, id)))
  const missing = ids.filter((_, i) => !found[i])
  if (missing.length === 0) return found.filter((job) => job !== undefined)
  const named = missing.map((id) => `job ${id} does not exist`).join(', ')
  throw new Fault('not_found', `${named}; list jobs with: sluice jobs list`)
}
