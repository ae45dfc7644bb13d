import type { ProcessIdentity } from './compute-process.ts'
import type { JobEnd, StoredJob } from './compute-store.ts'
import type { Exit } from './compute-supervisor.ts'

export const TIME_LIMIT_REASON = 'Job attempt duration exceeded timeout'
// The words of Batch for a container that ended by itself, well or not.
const EXITED = 'Essential container in task exited'
const SIGTERM_DEATH = 143
const SIGKILL_DEATH = 137

/** The time of a file as the time of an event: file systems round it down, so that it could lie before the event ahead of it. */
export function eventTime(at: Date, notBefore: string, now: Date): string {
  const millis = Math.max(Math.min(at.getTime(), now.getTime()), Date.parse(notBefore))
  return new Date(millis).toISOString()
}

/** The end of a job whose command ended. One that was being stopped has failed, whatever its exit code. */
export function endOf({ stop, record }: StoredJob, { code, missing, at }: Exit, now: Date): JobEnd {
  const stoppedAt = eventTime(at, record.startedAt ?? record.createdAt, now)
  if (stop) return { status: 'failed', statusReason: stop.reason, exitCode: code, stoppedAt }
  if (missing)
    return {
      status: 'failed',
      statusReason: 'CannotStartContainerError: the command does not exist or is not executable',
      exitCode: code,
      stoppedAt,
    }
  return { status: code === 0 ? 'succeeded' : 'failed', statusReason: EXITED, exitCode: code, stoppedAt }
}

/** The end of a job whose supervisor is gone and left no exit code: killed at the end of the grace period, or lost. */
export function lostEnd(
  { stop }: StoredJob,
  identity: ProcessIdentity | undefined,
  graceSeconds: number,
  now: Date,
): JobEnd {
  const stoppedAt = now.toISOString()
  if (stop) {
    const wasKilled = now.getTime() >= stop.at + graceSeconds * 1_000
    const exitCode = wasKilled ? SIGKILL_DEATH : SIGTERM_DEATH
    return { status: 'failed', statusReason: stop.reason, stoppedAt, ...(identity && { exitCode }) }
  }
  const what = identity
    ? `process ${identity.pid} vanished and left no exit code`
    : 'its supervisor ended before it could start'
  return { status: 'failed', statusReason: `Host process lost (${what})`, stoppedAt }
}

/** The end of a job for which no process could be made. */
export function neverStarted(reason: string, now: Date): JobEnd {
  return { status: 'failed', statusReason: `CannotStartContainerError: ${reason}`, stoppedAt: now.toISOString() }
}
