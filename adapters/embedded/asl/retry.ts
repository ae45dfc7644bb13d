import { matchesError } from './failure.ts'
import type { Retrier } from './machine.ts'

export interface Retry {
  /** Which retrier of the list. */
  retrier: number
  delayMs: number
}

/** The retry an error gets, or undefined: the first retrier that stands for it, while it has attempts left. `used` counts per retrier. */
export function chooseRetry(
  retriers: Retrier[],
  error: string,
  used: number[],
  random: () => number,
): Retry | undefined {
  const index = retriers.findIndex(({ errorEquals }) => matchesError(errorEquals, error))
  const retrier = retriers[index]
  const count = used[index] ?? 0
  if (!retrier || count >= retrier.maxAttempts) return undefined
  const grown = retrier.intervalSeconds * retrier.backoffRate ** count
  const seconds = Math.min(grown, retrier.maxDelaySeconds ?? Number.MAX_SAFE_INTEGER)
  const delayMs = Math.round(seconds * 1_000 * (retrier.jitter === 'FULL' ? random() : 1))
  return { retrier: index, delayMs: Math.min(delayMs, Number.MAX_SAFE_INTEGER) }
}
