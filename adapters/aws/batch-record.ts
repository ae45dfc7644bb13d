import type { AttemptDetail, JobStatus } from '@aws-sdk/client-batch'
import { Fault } from '../../core/platform/fault.ts'
import type { ComputeRecord, ComputeStatus } from '../../core/platform/ports.ts'

/** What DescribeJobs and ListJobs both tell of a job; times in epoch ms. */
export interface BatchJob {
  jobId: string | undefined
  jobName: string | undefined
  status?: JobStatus | undefined
  statusReason?: string | undefined
  createdAt?: number | undefined
  startedAt?: number | undefined
  stoppedAt?: number | undefined
  isTerminated?: boolean | undefined
  isCancelled?: boolean | undefined
  /** Of the latest attempt. `logStreamName` is in DescribeJobs only. */
  container?:
    | { exitCode?: number | undefined; reason?: string | undefined; logStreamName?: string | undefined }
    | undefined
  attempts?: AttemptDetail[] | undefined
}

const statuses: Record<JobStatus, ComputeStatus> = {
  SUBMITTED: 'submitted',
  PENDING: 'submitted',
  RUNNABLE: 'runnable',
  STARTING: 'starting',
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
}

/** A job of Batch as the port tells it. Fault `internal` when Batch leaves out what every job has. */
export function recordOf(job: BatchJob): ComputeRecord {
  const { jobId, jobName, status, createdAt } = job
  if (jobId === undefined || jobName === undefined || status === undefined || createdAt === undefined)
    throw new Fault(
      'internal',
      `AWS Batch described job "${jobName ?? jobId}" without its id, name, status or creation time`,
    )
  const statusReason = reasonOf(job)
  const exitCode = isFinal(job) ? (job.container?.exitCode ?? job.attempts?.at(-1)?.container?.exitCode) : undefined
  return {
    id: jobId,
    name: jobName,
    status: statuses[status],
    createdAt: new Date(createdAt).toISOString(),
    ...(statusReason !== undefined && { statusReason }),
    ...(exitCode !== undefined && { exitCode }),
    // 0 stands for a job that never ran.
    ...(job.startedAt && { startedAt: new Date(job.startedAt).toISOString() }),
    ...(job.stoppedAt && isFinal(job) && { stoppedAt: new Date(job.stoppedAt).toISOString() }),
  }
}

/** Whether Batch is done with the job, retries included. */
export function isFinal({ status }: BatchJob): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED'
}

/** The log stream of the latest attempt; undefined before the container runs. */
export function streamOf({ container, attempts }: BatchJob): string | undefined {
  return container?.logStreamName ?? attempts?.at(-1)?.container?.logStreamName
}

/** The container's own words (out of memory, image not found) follow those of the job, unless somebody ended the job. */
function reasonOf(job: BatchJob): string | undefined {
  const { statusReason, container, isTerminated, isCancelled } = job
  const detail = isFinal(job) ? (container?.reason ?? job.attempts?.at(-1)?.container?.reason) : container?.reason
  if (isTerminated || isCancelled || !detail || statusReason?.includes(detail)) return statusReason
  return statusReason ? `${statusReason}: ${detail}` : detail
}
