import { addExactly, roundedSum } from './pyramid-sum.ts'

/** What is known of some values of one metric. Exact: it does not depend on the order in which they were added. */
export interface Summary {
  count: number
  nan: number
  positiveInfinity: number
  negativeInfinity: number
  /** Of the finite values; Infinity and -Infinity while there is none. */
  min: number
  max: number
  /** Parts of the exact sum of the finite values below 2^960. */
  sum: number[]
  /** The same of the larger ones, in units of 2^64. */
  large: number[]
}

const largeFrom = 2 ** 960
const largeUnit = 2 ** 64

export const createSummary = (): Summary => ({
  count: 0,
  nan: 0,
  positiveInfinity: 0,
  negativeInfinity: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  sum: [],
  large: [],
})

/** Adds the values `from` to `to` (exclusive). */
export function addValues(summary: Summary, values: Float64Array, from: number, to: number): void {
  let { min, max } = summary
  // Two parts of the exact sum, which hold nearly every sum (Knuth's two-sum); what does not fit goes to the others.
  let high = 0
  let low = 0
  summary.count += to - from
  for (let i = from; i < to; i++) {
    const value = values[i] as number
    if (Math.abs(value) < largeFrom) {
      const sum = high + value
      const added = sum - high
      const rest = high - (sum - added) + (value - added)
      const lowSum = low + rest
      const lowAdded = lowSum - low
      const lost = low - (lowSum - lowAdded) + (rest - lowAdded)
      if (lost !== 0) addExactly(summary.sum, lost)
      high = sum
      low = lowSum
    } else if (!addRare(summary, value)) continue
    if (value < min) min = value
    if (value > max) max = value
  }
  addExactly(summary.sum, low)
  addExactly(summary.sum, high)
  summary.min = min
  summary.max = max
}

/** Whether the value is finite. */
function addRare(summary: Summary, value: number): boolean {
  if (Number.isNaN(value)) summary.nan += 1
  else if (value === Number.POSITIVE_INFINITY) summary.positiveInfinity += 1
  else if (value === Number.NEGATIVE_INFINITY) summary.negativeInfinity += 1
  else {
    addExactly(summary.large, value / largeUnit)
    return true
  }
  return false
}

/** Of the finite values, in one rounding of the sum and one of the division; undefined while there is none. */
export function meanOf(summary: Summary): number | undefined {
  const { count, nan, positiveInfinity, negativeInfinity, sum, large, min, max } = summary
  const finite = count - nan - positiveInfinity - negativeInfinity
  if (finite === 0) return undefined
  const mean = large.length === 0 ? roundedSum(sum) / finite : (roundedSum(joined(summary)) / finite) * largeUnit
  return Math.min(Math.max(mean, min), max)
}

/** In units of 2^64. What that takes from the smallest parts is nothing beside the large ones. */
function joined({ sum, large }: Summary): number[] {
  const parts = [...large]
  for (const part of sum) addExactly(parts, part / largeUnit)
  return parts
}
