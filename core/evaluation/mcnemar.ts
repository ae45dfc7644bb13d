/**
 * McNemar's exact test, two-sided: twice the lower tail of Binomial(b + c, 1/2), at most 1. Exact integers until the last
 * division, so any counts are fine.
 */
export function mcnemarExact(b: number, c: number): number {
  const n = b + c
  const k = Math.min(b, c)
  let term = 1n
  let tail = 1n
  for (let i = 1; i <= k; i++) {
    term = (term * BigInt(n - i + 1)) / BigInt(i)
    tail += term
  }
  return Math.min(1, scaled(tail, 1 - n))
}

/** `value` x 2^`exponent` as a double. */
function scaled(value: bigint, exponent: number): number {
  const shift = Math.max(0, value.toString(2).length - 64)
  const leading = Number(value >> BigInt(shift))
  const power = exponent + shift
  return power < -1000 ? leading * 2 ** -1000 * 2 ** (power + 1000) : leading * 2 ** power
}

const z975 = 1.959963984540054

/** 95 % Wald interval of the paired difference (b - c) / n. */
export function pairedInterval(b: number, c: number, n: number): [number, number] {
  const difference = (b - c) / n
  const error = Math.sqrt(Math.max(0, b + c - (b - c) ** 2 / n)) / n
  return [difference - z975 * error, difference + z975 * error]
}
