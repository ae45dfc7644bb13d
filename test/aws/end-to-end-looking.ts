import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 150

export interface Looking {
  /** Resolves after a look that began after this call. */
  looked(): Promise<void>
  /** Gives what went wrong. */
  stop(): Promise<unknown[]>
}

/** Looks again and again, as a pipe or a service that tells of its changes does. */
export function startLooking(look: () => Promise<void>): Looking {
  const failures: unknown[] = []
  let waiting: (() => void)[] = []
  let isOver = false
  const loop = (async () => {
    while (!isOver) {
      const released = waiting
      waiting = []
      await look().catch((error: unknown) => failures.push(error))
      for (const release of released) release()
      await sleep(LOOK_MS)
    }
    for (const release of waiting) release()
  })()
  return {
    looked: () => new Promise((resolve) => waiting.push(resolve)),
    async stop() {
      isOver = true
      await loop
      return failures
    },
  }
}
