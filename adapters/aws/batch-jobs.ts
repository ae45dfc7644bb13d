import {
  type BatchClient,
  DescribeJobsCommand,
  type JobStatus,
  paginateListJobs,
  SubmitJobCommand,
  type SubmitJobCommandInput,
  TerminateJobCommand,
} from '@aws-sdk/client-batch'
import { Fault } from '../../core/platform/fault.ts'
import { callBatch } from './batch-call.ts'
import { type BatchJob, isFinal } from './batch-record.ts'

// In the order a job passes them, so that one that moves on is met again, not missed; a retry puts a running job back to RUNNABLE.
const ACTIVE: JobStatus[] = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'RUNNABLE']
const REASON_CHARACTERS = 1_024

export type BatchJobs = ReturnType<typeof createBatchJobs>

/** The calls of Batch that concern jobs, over every page and queue. Fault `busy` or `internal`, never a part of an answer. */
export function createBatchJobs(batch: BatchClient, queues: string[]) {
  return {
    /** The jobs of exactly this name, finished ones too, oldest first. */
    named,
    /** As `named`, with the job of this id also where the listing does not show it yet. */
    async namedOr(name: string, id: string): Promise<BatchJob[]> {
      const listed = await named(name)
      if (listed.some(({ jobId }) => jobId === id)) return listed
      const job = await byId(id)
      return job ? [...listed, job].toSorted(byAge) : listed
    },
    byId,
    /** The jobs that have not ended, one of each name, oldest first. */
    async active(): Promise<BatchJob[]> {
      const found = (await Promise.all(queues.map(activeIn))).flat().toSorted(byAge)
      const names = new Set<string | undefined>()
      return found.filter(({ jobName }) => !names.has(jobName) && names.add(jobName))
    },
    /** The id of the new job. */
    async submit(input: SubmitJobCommandInput): Promise<string> {
      const what = `SubmitJob of job "${input.jobName}"`
      const { jobId } = await callBatch(what, () => batch.send(new SubmitJobCommand(input)))
      if (jobId === undefined) throw new Fault('internal', `AWS answered ${what} without a job id`)
      return jobId
    },
    /** Succeeds also when the job ends by itself meanwhile. */
    async end(job: BatchJob, reason: string): Promise<void> {
      const jobId = jobIdOf(job)
      try {
        await callBatch(`TerminateJob of job "${job.jobName}"`, () =>
          batch.send(new TerminateJobCommand({ jobId, reason: (reason || 'terminated').slice(0, REASON_CHARACTERS) })),
        )
      } catch (error) {
        const now = await byId(jobId)
        if (now && !isFinal(now)) throw error
      }
    },
  }

  async function named(name: string): Promise<BatchJob[]> {
    const filters = [{ name: 'JOB_NAME', values: [name] }]
    const pages = await Promise.all(queues.map((queue) => list(queue, { filters }, `ListJobs of name "${name}"`)))
    // The filter ignores case.
    return pages
      .flat()
      .filter(({ jobName }) => jobName === name)
      .toSorted(byAge)
  }

  async function activeIn(queue: string): Promise<BatchJob[]> {
    const found = new Map<string, BatchJob>()
    for (const status of ACTIVE)
      for (const job of await list(queue, { jobStatus: status }, `ListJobs of status ${status}`))
        found.set(jobIdOf(job), job)
    return [...found.values()]
  }

  async function byId(id: string): Promise<BatchJob | undefined> {
    const { jobs } = await callBatch(`DescribeJobs of ${id}`, () => batch.send(new DescribeJobsCommand({ jobs: [id] })))
    return jobs?.[0]
  }

  async function list(
    jobQueue: string,
    query: { jobStatus?: JobStatus; filters?: { name: string; values: string[] }[] },
    what: string,
  ): Promise<BatchJob[]> {
    return callBatch(`${what} in ${jobQueue}`, async () => {
      const found: BatchJob[] = []
      for await (const page of paginateListJobs({ client: batch }, { jobQueue, ...query }))
        found.push(...(page.jobSummaryList ?? []))
      return found
    })
  }
}

/** Fault `internal` when Batch names none. */
export function jobIdOf({ jobId, jobName }: BatchJob): string {
  if (jobId === undefined) throw new Fault('internal', `AWS Batch named no id of job "${jobName}"`)
  return jobId
}

/** Two jobs of the same ms must have the same order in every process. */
function byAge(one: BatchJob, other: BatchJob): number {
  return (one.createdAt ?? 0) - (other.createdAt ?? 0) || (jobIdOf(one) < jobIdOf(other) ? -1 : 1)
}
