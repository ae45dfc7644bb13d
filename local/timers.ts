import { createSchedules } from '../adapters/embedded/schedules.ts'
import type { Clock, Platform } from '../core/platform/ports.ts'
import { applySchedule } from '../core/schedules/apply-schedule.ts'
import { missedTick } from '../core/schedules/missed-tick.ts'
import { scheduleKey, scheduleNames, toSchedule } from '../core/schedules/schedule-store.ts'
import { timerConsumers } from '../functions/events/consumers.ts'
import { deployable } from '../functions/manifest.ts'
import { restrictTo } from '../functions/restrict-platform.ts'
import type { Log } from './runtime.ts'

// A server that restarts or a laptop that slept for a moment makes up for a run; one that was off does not start old work.
const graceSeconds = 15 * 60

/** The timers of users' schedules. `platform` is asked for when one is due. */
export function createTimers({ clock, log, platform }: { clock: Clock; log: Log; platform: () => Platform }) {
  const schedules = createSchedules({
    clock,
    graceSeconds,
    tick: (schedule, scheduled_at) =>
      timerConsumers['run-schedule'](restrictTo(platform(), deployable('run-schedule')), { schedule, scheduled_at }),
    onLost: (schedule, scheduledAt, error) => log(`schedule ${schedule} lost its run`, { scheduledAt, error }),
  })

  return {
    schedules,
    /** Sets the timers from the table, and makes up for the newest run that each missed. */
    async resume(): Promise<void> {
      const { table } = platform()
      for await (const name of scheduleNames(table)) {
        await applySchedule(platform(), name)
        const schedule = toSchedule(await table.get(scheduleKey(name)))
        const missed = schedule && missedTick(schedule, clock.now(), graceSeconds)
        if (missed) schedules.makeUp(name, missed.scheduled_at)
      }
    },
    close: () => schedules.close(),
  }
}
