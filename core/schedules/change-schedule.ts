import type { PutSchedule, Schedule, ScheduleView } from '../../schemas/schedule.ts'
import type { BusinessEvent } from '../platform/business-events.ts'
import { canonicalJson } from '../platform/digest.ts'
import { change } from '../platform/guarded-write.ts'
import type { Item, Platform } from '../platform/ports.ts'
import { rehearse } from './rehearse.ts'
import {
  deletedDraft,
  generationOf,
  noSchedule,
  scheduleDraft,
  scheduleKey,
  toSchedule,
  viewOf,
} from './schedule-store.ts'

type Needs = Pick<Platform, 'table' | 'clock' | 'ids'>

/**
 * Creates a schedule or replaces what it does; what it does already changes nothing. One that is enabled must be able to start its
 * job now: Fault `invalid` names everything that a submission would. The event of the write sets the timer.
 */
export async function putSchedule(platform: Needs, name: string, definition: PutSchedule): Promise<ScheduleView> {
  if (definition.enabled) await rehearse(platform, definition.action.request, '/action/request')
  const now = platform.clock.now()
  const item = await change(platform.table, scheduleKey(name), (current) => {
    const before = toSchedule(current)
    if (before && isSame(before, definition)) return undefined
    const schedule: Schedule = {
      name,
      ...definition,
      generation: generationOf(current) + 1,
      created_at: before?.created_at ?? now.toISOString(),
      updated_at: now.toISOString(),
      last_run: before?.last_run ?? null,
    }
    return { draft: scheduleDraft(schedule), event: changedEvent(name, current, now) }
  })
  return viewOf(toSchedule(item) as Schedule, now)
}

/** Deletes a schedule; repeating it succeeds. Fault `not_found` for a name that never was one. */
export async function deleteSchedule(platform: Pick<Platform, 'table' | 'clock'>, name: string): Promise<void> {
  const now = platform.clock.now()
  await change(platform.table, scheduleKey(name), (current) => {
    if (!current) throw noSchedule(name)
    if (!toSchedule(current)) return undefined
    return { draft: deletedDraft(name, generationOf(current) + 1), event: changedEvent(name, current, now) }
  })
}

function isSame(before: Schedule, { cron, timezone, action, enabled }: PutSchedule): boolean {
  const known = { cron: before.cron, timezone: before.timezone, action: before.action, enabled: before.enabled }
  return canonicalJson(known) === canonicalJson({ cron, timezone, action, enabled })
}

function changedEvent(name: string, current: Item | undefined, now: Date): BusinessEvent {
  return {
    id: `schedule/${name}#${(current?.version ?? 0) + 1}`,
    type: 'schedule.changed.v1',
    time: now.toISOString(),
    subject: `schedule/${name}`,
    data: { name, generation: generationOf(current) + 1 },
  }
}
