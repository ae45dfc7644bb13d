import type { BusinessEvent } from '../../core/platform/business-events.ts'
import type { Platform } from '../../core/platform/ports.ts'

/** A consumer of business events. At least once, unordered: it must dedupe by what it writes. Throwing means: deliver again. */
export type Subscriber = (platform: Platform, event: BusinessEvent) => Promise<void>

/** A task the clock starts. It must find its work by itself: ticks are lost, late and doubled. */
export type Scheduled = (platform: Platform) => Promise<void>
