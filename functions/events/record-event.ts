import { recordJobEvent } from '../../core/jobs/record-event.ts'
import type { Subscriber } from './subscription.ts'

export const recordEvent: Subscriber = (platform, event) => recordJobEvent(platform, event)
