import type { LiveMetrics } from '../../schemas/live.ts'
import { type Column, type Columns, has, toWire } from '../metrics/columns.ts'

/** Rows `from` to `to` (exclusive) as they are sent. A metric that none of them has is left out. */
export function toLiveMetrics(
  { stage, attempt }: { stage: number; attempt: number },
  { steps, times, columns }: Columns,
  from = 0,
  to = steps.length,
): LiveMetrics {
  const values = columns.flatMap((column): [string, LiveMetrics['values'][string]][] =>
    isAbsent(column, from, to) ? [] : [[column.name, valuesOf(column, from, to)]],
  )
  return {
    stage,
    attempt,
    steps: Array.from(steps.subarray(from, to)),
    times: Array.from(times.subarray(from, to), (time) => (Number.isNaN(time) ? null : time)),
    values: Object.fromEntries(values),
  }
}

function isAbsent({ present }: Column, from: number, to: number): boolean {
  return present !== undefined && !present.subarray(from, to).includes(1)
}

function valuesOf(column: Column, from: number, to: number): LiveMetrics['values'][string] {
  return Array.from(column.values.subarray(from, to), (value, i) => (has(column, from + i) ? toWire(value) : null))
}
