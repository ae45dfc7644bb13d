/**
 * Adds a finite number to an exact sum: parts that do not overlap, least first (Shewchuk 1997, the algorithm of Python's math.fsum).
 * Below 2^960, so that no sum of fewer than 2^53 of them overflows.
 */
export function addExactly(parts: number[], value: number): void {
  let carried = value
  let used = 0
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as number
    const sum = carried + part
    const rest = Math.abs(carried) < Math.abs(part) ? carried - (sum - part) : part - (sum - carried)
    if (rest !== 0) {
      parts[used] = rest
      used += 1
    }
    carried = sum
  }
  parts.length = used
  if (carried !== 0) parts.push(carried)
}

/** The exact sum, rounded once to the nearest double, ties to even: the same whatever the order of the numbers was. */
export function roundedSum(parts: readonly number[]): number {
  let left = parts.length - 1
  let high = parts[left] ?? 0
  let low = 0
  while (left > 0 && low === 0) {
    left -= 1
    const before = high
    const part = parts[left] as number
    high = before + part
    low = part - (high - before)
  }
  // What lies below decides a tie.
  const below = parts[left - 1] ?? 0
  if (low !== 0 && Math.sign(low) === Math.sign(below)) {
    const twice = low * 2
    const rounded = high + twice
    if (rounded - high === twice) high = rounded
  }
  return high
}
