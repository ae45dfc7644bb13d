import type { BatchClient } from '@aws-sdk/client-batch'
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { checkDefinition, checkJob, isJobName } from '../../core/platform/compute-request.ts'
import { Fault } from '../../core/platform/fault.ts'
import type { Clock, Compute, ComputeJob } from '../../core/platform/ports.ts'
import { createBatchDefinitions } from './batch-definitions.ts'
import { createBatchJobs, jobIdOf } from './batch-jobs.ts'
import { type BatchJob, isFinal, recordOf, streamOf } from './batch-record.ts'
import { tailOfStream } from './compute-log.ts'
import { createRecentIds } from './compute-recent-ids.ts'

export interface ComputeConfig {
  batch: BatchClient
  logs: CloudWatchLogsClient
  clock: Clock
  /** ARNs, spot before on-demand: a submit goes to the first, a name is looked for in all. */
  queues: string[]
  /** A job names its definition without it. */
  definitionPrefix: string
  logGroup: string
  /** Of the volume where trainers write. */
  diskBytes: number
  /** The queues have a scheduling policy, so that Batch demands one. */
  shareIdentifier?: string
}

const TWIN_REASON = 'A job of this name exists already'
// Batch's listing may lag behind SubmitJob: a twin that it does not show yet would run to its end.
const LOOK_AGAIN_MS = [250, 500, 1_000]

/**
 * Jobs on AWS Batch, addressed by name. SubmitJob has no client token, so a retried submit can make two jobs of one name: the
 * oldest is the job, the others are terminated. Batch forgets a finished job after about 7 days; then it is undefined.
 * Fault `busy` when AWS throttles or cannot be reached, `internal` when it refuses.
 */
export function createCompute(config: ComputeConfig): Compute {
  const { clock, definitionPrefix, diskBytes, shareIdentifier = 'default' } = config
  const [queue] = config.queues
  if (queue === undefined) throw new Fault('internal', 'compute has no job queue: set SLUICE_JOB_QUEUES')
  const jobs = createBatchJobs(config.batch, config.queues)
  const definitions = createBatchDefinitions(config.batch, definitionPrefix)
  const ids = createRecentIds()

  return {
    async submit(job) {
      const existing = isJobName(job.name) ? await jobs.named(job.name) : []
      if (existing.length > 0) return recordOf(await keepOldest(job.name, existing))
      checkJob(job, await definitions.missing(job.definition))
      const id = await jobs.submit(requestOf(job))
      return recordOf(await keepOldest(job.name, await listedWith(job.name, id)))
    },
    async describe(name) {
      const job = await find(name)
      return job && recordOf(job)
    },
    async listActive() {
      return (await jobs.active()).map(recordOf)
    },
    async terminate(name, reason) {
      if (!isJobName(name)) return
      for (const job of await everyJob(name)) if (!isFinal(job) && !isEnding(job)) await jobs.end(job, reason)
    },
    /** A job gets an instance of its own with an empty volume: what is free is its size. */
    async describeDefinition(definition) {
      const newest = await definitions.newest(definition)
      if (newest) return { freeDiskBytes: diskBytes, ...newest }
      checkDefinition(definition, await definitions.missing(definition))
      throw new Fault('busy', `compute definition "${definition}" was being deployed just now; try again`)
    },
    async logTail(name, lines) {
      if (lines <= 0) return []
      const job = await find(name)
      const stream = job && streamOf(job)
      return stream === undefined ? [] : tailOfStream(config.logs, config.logGroup, stream, lines)
    },
  }

  async function find(name: string): Promise<BatchJob | undefined> {
    if (!isJobName(name)) return undefined
    const known = ids.get(name)
    const job = known === undefined ? undefined : await jobs.byId(known)
    if (job) return job
    ids.forget(name)
    const [oldest] = await jobs.named(name)
    if (!oldest) return undefined
    ids.remember(name, jobIdOf(oldest))
    // The listing knows no log stream.
    return (await jobs.byId(jobIdOf(oldest))) ?? oldest
  }

  function requestOf({ name, definition, environment, timeoutSeconds }: ComputeJob) {
    return {
      jobName: name,
      jobQueue: queue,
      jobDefinition: `${definitionPrefix}${definition}`,
      shareIdentifier,
      // Batch accepts no limit below 60 s.
      timeout: { attemptDurationSeconds: Math.max(60, timeoutSeconds) },
      containerOverrides: {
        environment: Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
      },
    }
  }

  /** The jobs of the name, with the one just submitted; waits a little until Batch lists that one. */
  async function listedWith(name: string, id: string): Promise<BatchJob[]> {
    for (const pause of LOOK_AGAIN_MS) {
      const listed = await jobs.named(name)
      if (listed.some(({ jobId }) => jobId === id)) return listed
      await clock.sleep(pause)
    }
    return jobs.namedOr(name, id)
  }

  async function keepOldest(name: string, [oldest, ...younger]: BatchJob[]): Promise<BatchJob> {
    if (!oldest)
      throw new Fault('busy', `job "${name}" was submitted, but AWS Batch does not show it yet; submit it again`)
    ids.remember(name, jobIdOf(oldest))
    for (const twin of younger) if (!isFinal(twin) && !isEnding(twin)) await jobs.end(twin, TWIN_REASON)
    return oldest
  }

  async function everyJob(name: string): Promise<BatchJob[]> {
    const known = ids.get(name)
    return known === undefined ? jobs.named(name) : jobs.namedOr(name, known)
  }
}

/** The first reason stays: Batch does not say whose reason a second TerminateJob leaves. */
function isEnding({ isTerminated, isCancelled }: BatchJob): boolean {
  return isTerminated === true || isCancelled === true
}
