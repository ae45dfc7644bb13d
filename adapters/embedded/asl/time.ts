import type { Clock } from '../../../core/platform/ports.ts'
import type { StateFailure } from './failure.ts'

// Timers of Node hold at most 2^31 - 1 ms; a wait may last years.
const LONGEST_SLEEP_MS = 86_400_000

/** Resolves at the instant `until` (epoch ms), rejects with the signal's reason when aborted. */
export async function sleepUntil(clock: Clock, until: number, signal: AbortSignal): Promise<void> {
  for (let left = until - clock.now().getTime(); left > 0; left = until - clock.now().getTime()) {
    await clock.sleep(Math.min(left, LONGEST_SLEEP_MS), signal)
  }
  signal.throwIfAborted()
}

export interface Deadline {
  /** Epoch ms. */
  at: number
  failure: StateFailure
}

/** Runs `work`; at the deadline its signal is aborted and the deadline's failure is thrown instead of what it throws. */
export async function withDeadline<T>(
  clock: Clock,
  deadline: Deadline | undefined,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (!deadline) return work(signal)
  const controller = new AbortController()
  const either = AbortSignal.any([signal, controller.signal])
  const expiry = () => controller.abort(deadline.failure)
  if (deadline.at <= clock.now().getTime()) expiry()
  else sleepUntil(clock, deadline.at, either).then(expiry, () => {})
  try {
    return await work(either)
  } catch (error) {
    if (controller.signal.aborted && !signal.aborted) throw deadline.failure
    throw error
  } finally {
    controller.abort()
  }
}

/** The promise's outcome, or a rejection with the signal's reason as soon as it is aborted, whatever the promise does. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
