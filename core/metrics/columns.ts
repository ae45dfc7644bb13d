import type { MetricLine } from '../../schemas/trainer-contract.ts'

/** One metric of consecutive rows. */
export interface Column {
  /** Canonical where the mapping knows it, else the trainer's own. */
  name: string
  /** By row. NaN and infinities are values; what stands where the row lacks the metric means nothing. */
  values: Float64Array
  /** 1 where the row has the metric; absent: every row has it. */
  present?: Uint8Array
}

/** Points of consecutive lines of one attempt, in the order in which they were logged. */
export interface Columns {
  /** Whole numbers. May repeat or go back, as the trainer logged them. */
  steps: Float64Array
  /** Epoch milliseconds by the trainer's clock; NaN where a line has no time. */
  times: Float64Array
  columns: Column[]
}

/** Whether the row has the metric. */
export const has = ({ present }: Column, row: number): boolean => present === undefined || present[row] === 1

/** The wire form of a value: finite numbers as themselves, the others as strings. */
export function toWire(value: number): MetricLine['data'][string] {
  return Number.isFinite(value) ? value : (String(value) as 'NaN' | 'Infinity' | '-Infinity')
}
