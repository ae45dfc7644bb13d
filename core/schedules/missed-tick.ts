import type { Schedule, Tick } from '../../schemas/schedule.ts'
import { lastRunBetween } from './next-runs.ts'

/**
 * The newest tick that was due while nobody looked, at most `graceSeconds` ago; undefined when there is none, when it ran already,
 * or when the schedule was changed since. Older ticks are not made up: a server that was off for a week would start a week of jobs.
 */
export function missedTick(schedule: Schedule, now: Date, graceSeconds: number): Tick | undefined {
  if (!schedule.enabled) return undefined
  const since = [
    now.getTime() - graceSeconds * 1000 - 1,
    Date.parse(schedule.updated_at),
    schedule.last_run ? Date.parse(schedule.last_run.scheduled_at) : 0,
  ]
  const due = lastRunBetween(schedule, new Date(Math.max(...since)), now)
  return due && { schedule: schedule.name, scheduled_at: due.toISOString() }
}
