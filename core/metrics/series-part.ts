import { extendPyramid, type Pyramid } from './pyramid.ts'
import { lowerBound } from './series-search.ts'

/** The values from one index to another (exclusive), in pieces. */
export type Slices = (from: number, to: number) => Iterable<Float64Array>

/** The values of one metric in one part, in row order. What is absent takes no place. */
export interface Points {
  count: number
  /** The row of each value; undefined: every row has one. */
  rows: Uint32Array | undefined
  pyramid: Pyramid
  /** Makes these ranges of values readable. */
  load(ranges: readonly (readonly [from: number, to: number])[]): Promise<Slices>
}

/** Rows of one attempt, one per step, steps strictly increasing. */
export interface Part {
  steps: Float64Array
  /** Epoch milliseconds by row; NaN where it is not known. */
  times(): Promise<Float64Array>
  names(): string[]
  points(name: string): Promise<Points | undefined>
}

/** Values in memory, with a pyramid that a longer list of the same values goes on with. */
export function pointsInMemory(values: Float64Array, rows: Uint32Array | undefined, known: Pyramid = []): Points {
  let isExtended = false
  return {
    count: values.length,
    rows,
    get pyramid() {
      if (!isExtended) extendPyramid(known, values, values.length)
      isExtended = true
      return known
    },
    load: async () => (from, to) => [values.subarray(from, to)],
  }
}

/** The values that stand in the rows `from` to `to` (exclusive), as a range of values. */
export function valuesInRows({ rows, count }: Points, from: number, to: number): readonly [number, number] {
  if (rows === undefined) return [Math.min(from, count), Math.min(to, count)]
  const first = lowerBound(rows, from)
  return [first, lowerBound(rows, to, first)]
}

export const rowOf = ({ rows }: Points, index: number): number => (rows === undefined ? index : (rows[index] as number))
