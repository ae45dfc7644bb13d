import { setTimeout as sleep } from 'node:timers/promises'
import { matches } from '../infra/support/event-pattern.ts'
import type { DeployedStack } from './end-to-end-stack.ts'

export interface Delivery {
  consumer: string
  event: object
}

// Lambda waits one minute and two before it invokes an asynchronous consumer again.
const AGAIN_MS = [500, 2_000]

/** EventBridge and Lambda's asynchronous invocation: every rule that matches gets the event, three times at most. */
export function createBus(
  { rules }: Pick<DeployedStack, 'rules'>,
  invoke: (consumer: string, event: object) => Promise<unknown>,
) {
  const deliveries: Delivery[] = []
  const deadLetters: (Delivery & { error: unknown })[] = []
  const running = new Set<Promise<void>>()

  async function deliver(delivery: Delivery): Promise<void> {
    for (const pause of [...AGAIN_MS, undefined]) {
      try {
        await invoke(delivery.consumer, delivery.event)
        return
      } catch (error) {
        if (pause === undefined) deadLetters.push({ ...delivery, error })
        else await sleep(pause)
      }
    }
  }

  return {
    deliveries,
    deadLetters,
    publish(event: object, isOnProjectBus: boolean): void {
      for (const { consumer } of rules.filter(
        (rule) => rule.isOnProjectBus === isOnProjectBus && matches(rule.pattern, event),
      )) {
        deliveries.push({ consumer, event })
        const run = deliver({ consumer, event }).finally(() => running.delete(run))
        running.add(run)
      }
    },
    /** Resolves when no consumer works on an event, or waits to try again. */
    async idle(): Promise<void> {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
