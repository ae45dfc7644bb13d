import { Fault } from '../../platform/fault.ts'
import { featureIndex, featureNames } from './features.ts'

export type Column = Float32Array | Float64Array

/**
 * How hard each of a task's n rows is, 0..1: the mean over features of (midrank - 0.5) / n, with clue_overlap reversed. Equal values
 * share their mean rank; a feature that is the same in all rows gives 0.5 to each, so it changes no order. Fault `invalid` on NaN.
 */
export function scoreTask(columns: readonly Column[], n: number): Float64Array {
  checkColumns(columns, n)
  const scores = new Float64Array(n)
  for (const [feature, column] of columns.entries()) {
    const { values, ranks } = distinctRanks(column.subarray(0, n))
    for (let row = 0; row < n; row++) {
      const rank = ranks[placeOf(values, column[row] as number)] as number
      scores[row] = (scores[row] as number) + (isReversed(feature) ? 1 - rank : rank)
    }
  }
  return scores.map((sum) => sum / featureNames.length)
}

/** The distinct values in ascending order, and of each (midrank - 0.5) / n, which is (below + equal / 2) / n. */
export function distinctRanks(column: Column): { values: Float64Array; ranks: Float64Array } {
  const sorted = Float64Array.from(column).sort()
  const values = new Float64Array(sorted.length)
  const ranks = new Float64Array(sorted.length)
  let count = 0
  for (let first = 0; first < sorted.length; count++) {
    let end = first + 1
    while (end < sorted.length && sorted[end] === sorted[first]) end++
    values[count] = sorted[first] as number
    ranks[count] = (first + end) / 2 / sorted.length
    first = end
  }
  return { values: values.slice(0, count), ranks: ranks.slice(0, count) }
}

/** More overlap of question and context makes a row easier; more of any other feature makes it harder. */
export function isReversed(feature: number): boolean {
  return feature === featureIndex.clue_overlap
}

/** The last place whose value is not above this one; -1 below all. */
export function placeOf(values: ArrayLike<number>, value: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((values[middle] as number) <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Fault unless there is a value for every feature of every row. */
export function checkColumns(columns: readonly Column[], n: number): void {
  if (columns.length !== featureNames.length || columns.some(({ length }) => length < n))
    throw new Fault(
      'internal',
      `difficulty needs ${featureNames.length} columns of ${n} values: ${featureNames.join(', ')}`,
    )
  for (const [feature, column] of columns.entries()) {
    const row = column.subarray(0, n).findIndex(Number.isNaN)
    if (row >= 0)
      throw new Fault(
        'invalid',
        `row ${row + 1} has no ${featureNames[feature]}: difficulty needs every feature of every row`,
      )
  }
}
