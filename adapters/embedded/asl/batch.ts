import { isFault } from '../../../core/platform/fault.ts'
import type { Clock, ComputeJob, ComputeRecord, Json, JsonObject } from '../../../core/platform/ports.ts'
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
    if (signal.aborted && signal.reason !== shutdown) await terminate(submitted.name, effects, signal.reason)
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

/** Looks until the job has ended: soon at first, then rarely, and at once after a hint. */
async function untilEnded(submitted: ComputeRecord, effects: Effects, signal: AbortSignal): Promise<ComputeRecord> {
  let hinted = false
  let wake = () => {}
  const unsubscribe = effects.onJobHint(() => {
    hinted = true
    wake()
  })
  try {
    for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * LOOK_GROWTH, LONGEST_LOOK_MS)) {
      signal.throwIfAborted()
      hinted = false
      const record = await effects.compute.describe(submitted.name)
      if (!record)
        return { ...submitted, status: 'failed', statusReason: `Job ${submitted.name} does not exist any more` }
      if (record.status === 'succeeded' || record.status === 'failed') return record
      if (!hinted) await nap(pause, effects.clock, signal, (stop) => (wake = stop))
    }
  } finally {
    unsubscribe()
  }
}

/** Sleeps, but ends early when aborted or when the function handed to `onSleep` is called. */
async function nap(ms: number, clock: Clock, signal: AbortSignal, onSleep: (stop: () => void) => void): Promise<void> {
  const woken = new AbortController()
  const stop = () => woken.abort()
  signal.addEventListener('abort', stop, { once: true })
  onSleep(stop)
  await clock.sleep(ms, woken.signal).catch(() => {})
  signal.removeEventListener('abort', stop)
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
    return new StateFailure('Batch.ClientException', message)
  return new StateFailure('Batch.ServerException', message)
}

async function terminate(name: string, { compute, log }: Effects, reason: unknown): Promise<void> {
  const why = reason instanceof Error ? reason.message : 'The execution was stopped.'
  await compute.terminate(name, why).catch((error: unknown) => log('could not terminate a job', { job: name, error }))
}
