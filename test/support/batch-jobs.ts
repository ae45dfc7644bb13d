import { randomUUID } from 'node:crypto'
import type { EmbeddedCompute } from '../../adapters/embedded/compute.ts'
import type { ComputeRecord, ComputeStatus, JsonObject } from '../../core/platform/ports.ts'
import { AwsError } from './batch-http.ts'

export interface ServedJob {
  id: string
  name: string
  queue: string
  definition: string
  environment: Record<string, string>
  timeoutSeconds: number
  createdAt: number
  /** Of the latest TerminateJob that came before the end. */
  reason?: string
  /** Ended before it reached a container. */
  cancelledAt?: number
  admission: NodeJS.Timeout
}

const statuses: Record<ComputeStatus, string> = {
  submitted: 'SUBMITTED',
  runnable: 'RUNNABLE',
  starting: 'STARTING',
  running: 'RUNNING',
  succeeded: 'SUCCEEDED',
  failed: 'FAILED',
}

/** The jobs behind a Batch server: child processes, each under its job id. A job is SUBMITTED for `admitMs` before it may run. */
export function createServedJobs(compute: EmbeddedCompute, admitMs: number) {
  const jobs: ServedJob[] = []

  return {
    all: () => jobs,
    byId: (id: string) => jobs.find((job) => job.id === id),
    add(request: Omit<ServedJob, 'id' | 'createdAt' | 'admission'>): ServedJob {
      const id = randomUUID()
      const admission = setTimeout(() => void admit(job), admitMs)
      const job: ServedJob = { ...request, id, createdAt: Date.now(), admission }
      jobs.push(job)
      return job
    },
    async terminate(job: ServedJob, reason: string): Promise<void> {
      if (isFinal(await detailOf(job))) return
      job.reason = reason
      const record = await compute.describe(job.id)
      if (record) return compute.terminate(job.id, reason)
      clearTimeout(job.admission)
      job.cancelledAt = Date.now()
    },
    detailOf,
    stop() {
      for (const job of jobs) clearTimeout(job.admission)
    },
  }

  async function admit({ id, definition, environment, timeoutSeconds }: ServedJob): Promise<void> {
    await compute.submit({ name: id, definition, environment, timeoutSeconds })
  }

  /** As DescribeJobs tells it. */
  async function detailOf(job: ServedJob): Promise<JsonObject> {
    const record = await compute.describe(job.id)
    const shared = {
      jobId: job.id,
      jobName: job.name,
      jobQueue: job.queue,
      jobDefinition: job.definition,
      createdAt: job.createdAt,
      ...(job.reason !== undefined && { isTerminated: true }),
    }
    if (job.cancelledAt !== undefined)
      return { ...shared, status: 'FAILED', statusReason: job.reason ?? '', stoppedAt: job.cancelledAt, attempts: [] }
    if (!record) return { ...shared, status: 'SUBMITTED', attempts: [] }
    return { ...shared, ...ranAs(job, record) }
  }
}

/** The log stream of a job's only attempt. */
export function streamName({ definition, id }: ServedJob): string {
  return `${definition}/default/${id}`
}

export function isFinal({ status }: JsonObject): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED'
}

/** Fault of the request: Batch answers ClientException whatever is wrong with it. */
export function refuse(message: string): never {
  throw new AwsError('ClientException', message)
}

function ranAs(job: ServedJob, record: ComputeRecord): JsonObject {
  const { status, statusReason, exitCode, startedAt, stoppedAt } = record
  const reason = stoppedAt === undefined ? undefined : (job.reason ?? statusReason)
  const container = {
    ...(startedAt && { logStreamName: streamName(job) }),
    ...(exitCode !== undefined && { exitCode }),
  }
  return {
    status: statuses[status],
    ...(reason !== undefined && { statusReason: reason }),
    ...(startedAt && { startedAt: Date.parse(startedAt) }),
    ...(stoppedAt && { stoppedAt: Date.parse(stoppedAt) }),
    container,
    attempts: stoppedAt ? [{ container, ...(reason !== undefined && { statusReason: reason }) }] : [],
  }
}
