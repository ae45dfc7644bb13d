import type { Job } from '../../schemas/job.ts'
import { getEvaluation } from '../evaluation/evaluation-store.ts'
import { segmentKey } from '../metrics/ingest-segments.ts'
import { getCursor } from '../metrics/metric-store.ts'
import { Fault, isFault } from '../platform/fault.ts'
import type { ComputeRecord, Platform, Table } from '../platform/ports.ts'
import { attemptOf, generationOf } from './artifacts.ts'
import { metricsFolder } from './ingest-attempt.ts'
import { isStopping, jobKey, liveJobs, stoppingJobs, toJob } from './job-store.ts'
import { isTerminal } from './lifecycle.ts'
import type { Observed } from './reconcile-plan.ts'
import { executionName } from './run-execution.ts'
import { openAttempts } from './sync-metrics.ts'

/** What one look over everything saw. */
export interface Seen {
  /** Every job that may need something, by id. */
  jobs: readonly string[]
  /** By the job that answers for them. */
  computes: ReadonlyMap<string, ComputeRecord[]>
  awaited: ReadonlySet<string>
}

/**
 * Lists what runs before it lists who may own it: a job is on record before its compute job is submitted. Where the index lags all
 * the same, an evaluation is stopped that somebody just asked for, who then asks again.
 */
export async function look({ table, compute }: Pick<Platform, 'table' | 'compute'>): Promise<Seen> {
  const active = await compute.listActive()
  const live = await Array.fromAsync(liveJobs(table))
  const stopping = await Array.fromAsync(stoppingJobs(table))
  const awaited = new Set(live.flatMap(({ status, evaluations = [] }) => (status === 'evaluating' ? evaluations : [])))
  const computes = new Map<string, ComputeRecord[]>()
  for (const record of active) {
    const job = await answersFor(table, record.name, live, awaited)
    if (job !== undefined) computes.set(job, [...(computes.get(job) ?? []), record])
  }
  const ids = [...live, ...stopping].map(({ id }) => id)
  return { jobs: [...new Set([...ids, ...computes.keys()])], computes, awaited }
}

/** One job with everything that belongs to it. Fault `not_found` when something runs for a job that does not exist. */
export async function observeJob(
  platform: Pick<Platform, 'table' | 'metrics' | 'blobs' | 'workflows'>,
  id: string,
  { computes, awaited }: Seen,
): Promise<Observed> {
  const item = await platform.table.get(jobKey(id))
  if (!item) throw new Fault('not_found', `job ${id} does not exist, and its compute jobs run`)
  const job = toJob(item)
  const stopping = isStopping(item)
  const open = stopping || !isTerminal(job.status)
  return {
    job,
    stopping,
    execution: open ? await platform.workflows.describe(executionName(id, job.run)) : undefined,
    computes: computes.get(id) ?? [],
    awaited,
    unread: open ? await unreadAttempts(platform, job) : [],
  }
}

async function answersFor(
  table: Table,
  computeJob: string,
  live: readonly Job[],
  awaited: ReadonlySet<string>,
): Promise<string | undefined> {
  const attempt = attemptOf(computeJob)
  if (attempt) return attempt.job
  const generation = generationOf(computeJob)
  if (!generation || awaited.has(generation.evaluation)) return undefined
  // Records of an earlier release do not say what they wait for.
  if (live.some(({ status, evaluations }) => status === 'evaluating' && !evaluations)) return undefined
  try {
    return (await getEvaluation(table, generation.evaluation)).requested_by
  } catch (error) {
    if (isFault(error, 'not_found')) return undefined
    throw error
  }
}

async function unreadAttempts(platform: Pick<Platform, 'metrics' | 'blobs'>, job: Job): Promise<Observed['unread']> {
  const unread = []
  for (const { stage, attempt } of openAttempts(job)) {
    const { next_segment } = await getCursor(platform.metrics, { job: job.id, stage: stage.index, attempt })
    if (await platform.blobs.head(segmentKey(metricsFolder(job.id, stage, attempt), next_segment)))
      unread.push({ stage: stage.index, attempt })
  }
  return unread
}
