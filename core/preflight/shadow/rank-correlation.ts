import { averageRanks } from './ranks.ts'

/** Spearman's rho on average ranks. null for fewer than 3 pairs, a constant side, or a number that is not finite. */
export function spearman(x: readonly number[], y: readonly number[]): number | null {
  if (!comparable(x, y)) return null
  const mean = (x.length + 1) / 2
  const ranksX = averageRanks(x)
  const ranksY = averageRanks(y)
  let products = 0
  let squaresX = 0
  let squaresY = 0
  for (let i = 0; i < x.length; i++) {
    const dx = (ranksX[i] as number) - mean
    const dy = (ranksY[i] as number) - mean
    products += dx * dy
    squaresX += dx * dx
    squaresY += dy * dy
  }
  return squaresX > 0 && squaresY > 0 ? within(products / Math.sqrt(squaresX * squaresY)) : null
}

/** Kendall's tau-b by Knight's algorithm (JASA 61, 1966), O(n log n). null as for `spearman`. */
export function kendallTauB(x: readonly number[], y: readonly number[]): number | null {
  if (!comparable(x, y)) return null
  const order = x
    .map((_, index) => index)
    .sort((a, b) => (x[a] as number) - (x[b] as number) || (y[a] as number) - (y[b] as number))
  const sortedX = order.map((index) => x[index] as number)
  const sortedY = order.map((index) => y[index] as number)
  const pairs = (x.length * (x.length - 1)) / 2
  const tiedX = tiedPairs(sortedX.length, (i) => sortedX[i] === sortedX[i - 1])
  const tiedBoth = tiedPairs(sortedX.length, (i) => sortedX[i] === sortedX[i - 1] && sortedY[i] === sortedY[i - 1])
  const swaps = sortCountingSwaps(sortedY)
  const tiedY = tiedPairs(sortedY.length, (i) => sortedY[i] === sortedY[i - 1])
  const untied = Math.sqrt((pairs - tiedX) * (pairs - tiedY))
  return untied > 0 ? within((pairs - tiedX - tiedY + tiedBoth - 2 * swaps) / untied) : null
}

function comparable(x: readonly number[], y: readonly number[]): boolean {
  return x.length === y.length && x.length >= 3 && x.every(Number.isFinite) && y.every(Number.isFinite)
}

/** Rounding must not carry a correlation past 1. */
function within(value: number): number {
  return Math.max(-1, Math.min(1, value))
}

/** Pairs within runs of a sorted list; `same(i)`: entry i belongs to the run of the one before it. */
function tiedPairs(length: number, same: (i: number) => boolean): number {
  let total = 0
  let run = 1
  for (let i = 1; i <= length; i++) {
    if (i < length && same(i)) {
      run++
      continue
    }
    total += (run * (run - 1)) / 2
    run = 1
  }
  return total
}

/** Sorts in place, ascending, and counts the pairs that stood in the wrong order. */
function sortCountingSwaps(values: number[]): number {
  let source = values
  let target = new Array<number>(values.length)
  let swaps = 0
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const middle = Math.min(start + width, values.length)
      const end = Math.min(start + 2 * width, values.length)
      let left = start
      let right = middle
      for (let at = start; at < end; at++) {
        const takeRight = right < end && (left >= middle || (source[right] as number) < (source[left] as number))
        if (takeRight) swaps += middle - left
        target[at] = source[takeRight ? right++ : left++] as number
      }
    }
    ;[source, target] = [target, source]
  }
  if (source !== values) for (let i = 0; i < values.length; i++) values[i] = source[i] as number
  return swaps
}
