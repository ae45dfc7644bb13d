import { Fault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { generationOf, scheduleKey, toSchedule } from './schedule-store.ts'

/**
 * Sets or removes the timer as the record says now, whatever the event said. A change while it works is seen by reading again, so
 * that of two at once, in any order, the last one leaves the timer right. Fault `busy` when it keeps changing.
 */
export async function applySchedule(platform: Pick<Platform, 'table' | 'schedules'>, name: string): Promise<void> {
  const { table, schedules } = platform
  let item = await table.get(scheduleKey(name))
  for (let round = 0; round < 16; round++) {
    const schedule = toSchedule(item)
    if (schedule?.enabled) await schedules.put({ name, cron: schedule.cron, timezone: schedule.timezone })
    else await schedules.delete(name)
    const again = await table.get(scheduleKey(name))
    if (generationOf(again) === generationOf(item)) return
    item = again
  }
  throw new Fault('busy', `schedule "${name}" changed 16 times while its timer was being set; try again`)
}
