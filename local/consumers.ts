import type { Outbox } from '../adapters/embedded/outbox.ts'
import type { BusinessEvent } from '../core/platform/business-events.ts'
import type { Platform } from '../core/platform/ports.ts'
import { scheduled, subscribers } from '../functions/events/consumers.ts'
import { type Deployable, manifest } from '../functions/manifest.ts'
import { restrictTo } from '../functions/restrict-platform.ts'
import type { Log } from './runtime.ts'

/** Runs every subscription and schedule of the manifest, each with its grants. */
export function startConsumers(platform: Platform, outbox: Outbox, log: Log) {
  const stopping = new AbortController()
  const platforms = new Map(manifest.map((each) => [each, restrictTo(platform, each)]))
  const dispatcher = outbox.startDispatcher({
    clock: platform.clock,
    deliver: (event) => deliver(platforms, event),
    onError: (error) => log('the outbox cannot be read', { error }),
  })
  const loops = [...platforms].map(([each, restricted]) => runSchedule(restricted, each, stopping.signal, log))

  return {
    drained: () => dispatcher.drained(),
    async stop(): Promise<void> {
      stopping.abort(new Error('stopping'))
      await dispatcher.stop()
      await Promise.all(loops)
    },
  }
}

/** Every consumer gets the event, whatever the others do with it; one that fails gets it again, and so do the others. */
async function deliver(platforms: Map<Deployable, Platform>, event: BusinessEvent): Promise<void> {
  const consumers = [...platforms].filter(
    ([{ trigger }]) => trigger.kind === 'event' && trigger.types.includes(event.type),
  )
  const results = await Promise.allSettled(
    consumers.map(([{ name }, restricted]) => subscribers[name]?.(restricted, event)),
  )
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  if (failures.length > 1)
    throw new AggregateError(failures, failures.map((each) => (each as Error).message).join('; '))
  if (failures.length === 1) throw failures[0]
}

async function runSchedule(
  platform: Platform,
  { name, trigger }: Deployable,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  const run = scheduled[name]
  if (trigger.kind !== 'schedule' || !run) return
  while (!signal.aborted) {
    try {
      await run(platform)
    } catch (error) {
      log(`schedule ${name} failed; it runs again in ${trigger.embeddedSeconds} s`, { error })
    }
    await platform.clock.sleep(trigger.embeddedSeconds * 1000, signal).catch(() => {})
  }
}
