import type { Platform } from '../../../core/platform/ports.ts'
import { deleteSchedule, putSchedule } from '../../../core/schedules/change-schedule.ts'
import { getSchedule, listSchedules } from '../../../core/schedules/schedule-store.ts'
import { operations } from '../../../schemas/api.ts'
import type { Binder } from '../bind.ts'
import { toPage } from '../page.ts'

/** Schedules: what the clock submits. */
export function scheduleRoutes(bind: Binder, platform: Pick<Platform, 'table' | 'clock' | 'ids'>): void {
  bind(operations.putSchedule, ({ params, body }) => putSchedule(platform, params.name, body))
  bind(operations.listSchedules, ({ query }) => toPage(query, (page) => listSchedules(platform, page)))
  bind(operations.getSchedule, ({ params }) => getSchedule(platform, params.name))
  bind(operations.deleteSchedule, async ({ params }) => {
    await deleteSchedule(platform, params.name)
    return { name: params.name, deleted: true as const }
  })
}
