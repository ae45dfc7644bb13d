import type { Deployable } from '../../functions/manifest.ts'
import { add, type Bill } from './prices.ts'

/**
 * Billed milliseconds of a warm invocation, assumed: nothing here ran on AWS. Embedded the same code takes a few; the rest is for the
 * network, three to ten calls of some milliseconds each.
 */
export const warmMs = 100

/** Requests and GB-seconds of so many invocations of a function, at its memory in the manifest. */
export function lambdaBill(
  bill: Bill,
  { memoryMb }: Pick<Deployable, 'memoryMb'>,
  invocations: number,
  ms = warmMs,
): void {
  add(bill, 'lambda_request', invocations)
  add(bill, 'lambda_gb_second', (invocations * (memoryMb / 1024) * ms) / 1000)
}

/** Billed milliseconds that a process takes before its first invocation, assumed. */
export const coldMs = 300
/** Of one line of an invocation's end, as CloudWatch stores it. */
export const logBytes = 300
