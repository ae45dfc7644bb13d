import { applySchedule as apply } from '../../core/schedules/apply-schedule.ts'
import type { Subscriber } from './subscription.ts'

export const applySchedule: Subscriber = (platform, event) => apply(platform, String(event.data.name))
