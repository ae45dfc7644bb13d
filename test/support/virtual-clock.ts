import type { Clock } from '../../core/platform/ports.ts'

export interface VirtualClock extends Clock {
  /** Passes `ms`, waking sleepers in order of their time and letting each one's work come to rest before the next. */
  advance(ms: number): Promise<void>
  /** How many sleeps are under way. */
  sleeping(): number
  /** Ends auto-advance; sleepers stay asleep. */
  stop(): void
}

interface Sleeper {
  at: number
  wake: () => void
}

/**
 * A clock that stands still until `advance`. With `autoAdvance` it jumps to the next sleeper whenever nothing else goes on
 * in the process: no callback due and no file, crypto or network request under way. It does not wait for child processes.
 */
export function createVirtualClock(options: { start?: string; autoAdvance?: boolean } = {}): VirtualClock {
  const { start = '2026-01-01T00:00:00.000Z', autoAdvance = false } = options
  const sleepers = new Set<Sleeper>()
  let now = Date.parse(start)
  let jumping = false
  let stopped = false

  function next(until = Number.POSITIVE_INFINITY): Sleeper | undefined {
    let first: Sleeper | undefined
    for (const sleeper of sleepers) if (sleeper.at <= until && (!first || sleeper.at < first.at)) first = sleeper
    return first
  }

  function wake(sleeper: Sleeper): void {
    sleepers.delete(sleeper)
    now = Math.max(now, sleeper.at)
    sleeper.wake()
  }

  async function jump(): Promise<void> {
    if (jumping) return
    jumping = true
    for (;;) {
      await rest()
      const sleeper = next()
      if (!sleeper || stopped) break
      wake(sleeper)
    }
    jumping = false
  }

  return {
    now: () => new Date(now),
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const sleeper = { at: now + Math.max(0, ms), wake: woken }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', aborted, { once: true })
        if (autoAdvance && !stopped) void jump()
        function woken(): void {
          signal?.removeEventListener('abort', aborted)
          resolve()
        }
        function aborted(): void {
          sleepers.delete(sleeper)
          reject(signal?.reason)
        }
      })
    },
    async advance(ms) {
      const until = now + ms
      await rest()
      for (let sleeper = next(until); sleeper; sleeper = next(until)) {
        wake(sleeper)
        await rest()
      }
      now = Math.max(now, until)
    },
    sleeping: () => sleepers.size,
    stop() {
      stopped = true
    },
  }
}

const QUIET_TURNS = 4
// A request that never ends (a watcher of the test runner, say) must not stop time for ever.
const PATIENCE_MS = 2_000

async function rest(): Promise<void> {
  const patience = performance.now() + PATIENCE_MS
  for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (!requestsUnderWay() || performance.now() > patience) continue
    quiet = -1
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

function requestsUnderWay(): boolean {
  return process.getActiveResourcesInfo().some((kind) => /req|WriteWrap|ConnectWrap|ShutdownWrap/i.test(kind))
}
