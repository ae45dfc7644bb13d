import { isFault } from '../../../core/platform/fault.ts'
import type { ComputeJob, ComputeRecord, Json, JsonObject } from '../../../core/platform/ports.ts'
import { StateFailure } from './failure.ts'
import { environmentOf } from './load-resources.ts'
import { type Effects, shutdown } from './run.ts'

const FIRST_LOOK_MS = 4
const LOOK_GROWTH = 1.3
const LONGEST_LOOK_MS = 500

/** batch:submitJob.sync: submits by name (a job of that name is joined, not started again) and waits for its end. */
export async function runJob(given: JsonObject, effects: Effects, signal: AbortSignal): Promise<Json> {
  const { compute } = effects
  const submitted = await compute.submit(jobOf(given)).catch((error: unknown) => {
    throw submitFailure(error)
  })
  try {
    const record = await untilEnded(submitted, effects, signal)
    const detail = jobDetail(record, given)
    if (record.status === 'succeeded') return detail
    throw new StateFailure('States.TaskFailed', JSON.stringify(detail))
  } catch (error) {
    if (signal.aborted && signal.reason !== shutdown) await terminate(submitted.id, effects, signal.reason)
    throw error
  }
}

function jobOf(given: JsonObject): ComputeJob {
  const environment = environmentOf(given) as { Name: string; Value: string }[]
  return {
    name: String(given.JobName),
    definition: String(given.JobDefinition),
    environment: Object.fromEntries(environment.map(({ Name, Value }) => [Name, Value])),
    timeoutSeconds: (given.Timeout as { AttemptDurationSeconds: number }).AttemptDurationSeconds,
  }
}

async function untilEnded(submitted: ComputeRecord, effects: Effects, signal: AbortSignal): Promise<ComputeRecord> {
  let record: ComputeRecord | undefined = submitted
  for (let pause = FIRST_LOOK_MS; record && !hasEnded(record); pause = Math.min(pause * LOOK_GROWTH, LONGEST_LOOK_MS)) {
    await nextLook(pause, effects, signal)
    record = await effects.compute.describe(submitted.id)
  }
  signal.throwIfAborted()
  return record ?? { ...submitted, status: 'failed', statusReason: `Job ${submitted.id} does not exist any more` }
}

async function nextLook(pause: number, { clock, jobHint }: Effects, signal: AbortSignal): Promise<void> {
  const hinted = new AbortController()
  const sleep = clock.sleep(pause, AbortSignal.any([signal, hinted.signal]))
  try {
    await Promise.race([sleep, jobHint()])
  } finally {
    hinted.abort()
    sleep.catch(() => {})
  }
  signal.throwIfAborted()
}

function hasEnded({ status }: ComputeRecord): boolean {
  return status === 'succeeded' || status === 'failed'
}

/** DescribeJobs in the case that Step Functions uses for it; times are epoch milliseconds. */
function jobDetail(record: ComputeRecord, given: JsonObject): JsonObject {
  const container = { ...(record.exitCode !== undefined && { ExitCode: record.exitCode }) }
  const times = {
    ...(record.startedAt !== undefined && { StartedAt: Date.parse(record.startedAt) }),
    ...(record.stoppedAt !== undefined && { StoppedAt: Date.parse(record.stoppedAt) }),
  }
  const reason = { ...(record.statusReason !== undefined && { StatusReason: record.statusReason }) }
  return {
    Attempts: record.startedAt === undefined ? [] : [{ Container: container, ...times, ...reason }],
    Container: container,
    CreatedAt: Date.parse(record.createdAt),
    JobDefinition: given.JobDefinition ?? null,
    JobId: record.id,
    JobName: record.name,
    JobQueue: given.JobQueue ?? null,
    ...times,
    Status: record.status.toUpperCase(),
    ...reason,
  }
}

function submitFailure(error: unknown): StateFailure {
  const message = error instanceof Error ? error.message : String(error)
  if (isFault(error, 'busy')) return new StateFailure('Batch.TooManyRequestsException', message)
  if (isFault(error, 'invalid') || isFault(error, 'not_found'))
    return new StateFailure('Batch.AWSBatchException', message)
  return new StateFailure('Batch.ServerException', message)
}

async function terminate(id: string, { compute, log }: Effects, reason: unknown): Promise<void> {
  const why = reason instanceof Error ? reason.message : 'The execution was stopped.'
  await compute.terminate(id, why).catch((error: unknown) => log('could not terminate a job', { job: id, error }))
}
