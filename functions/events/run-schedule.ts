import type { Platform } from '../../core/platform/ports.ts'
import { runSchedule as run } from '../../core/schedules/run-schedule.ts'
import type { Tick } from '../../schemas/schedule.ts'

/** A user's schedule is due. At least once, unordered; throwing means: deliver again. */
export async function runSchedule(platform: Pick<Platform, 'table' | 'clock' | 'ids'>, tick: Tick): Promise<void> {
  await run(platform, tick)
}
