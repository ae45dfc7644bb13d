/** How many numbers of memory a running level takes: count, mean, mean absolute deviation. */
export const levelNumbers = 3

/**
 * Moves a robust running level to a value: mean and mean absolute deviation, of all values at first and then with a memory of about
 * `memory` values. A value pulls by three deviations at most, so that an outburst does not become the new normal at once.
 */
export function follow(own: Float32Array, at: number, value: number, memory: number, least: number): void {
  const count = Math.min(own[at]! + 1, memory)
  const off = value - own[at + 1]!
  const reach = count <= 10 ? Number.POSITIVE_INFINITY : 3 * Math.max(own[at + 2]!, least)
  const pull = Math.min(reach, Math.max(-reach, off))
  own[at] = count
  own[at + 1] = own[at + 1]! + pull / count
  if (count > 1) own[at + 2] = own[at + 2]! + (Math.abs(pull) - own[at + 2]!) / (count - 1)
}

/** Moves an exponential mean: the plain mean of the first 1/rate values, then with that rate. */
export function smooth(own: Float32Array, at: number, value: number, count: number, rate: number): number {
  own[at] = own[at]! + (value - own[at]!) * Math.max(rate, 1 / count)
  return own[at]!
}
