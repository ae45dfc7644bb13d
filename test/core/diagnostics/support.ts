import { replay } from '../../../core/diagnostics/replay.ts'
import type { Columns } from '../../../core/metrics/columns.ts'
import type { SourceHead } from '../../../core/metrics/source-head.ts'
import type { Anomaly } from '../../../schemas/diagnostics.ts'
import { createRandom } from '../../../scripts/labelled-runs/random.ts'

/** Values by row; undefined: the row lacks the metric. */
export type Values = readonly (number | undefined)[]

/** Rows with steps 1, 2, ... unless told. */
export function rowsOf(metrics: Record<string, Values>, steps?: readonly number[]): Columns {
  const length = Math.max(...Object.values(metrics).map((values) => values.length))
  const columns = Object.entries(metrics).map(([name, values]) => ({
    name,
    values: Float64Array.from({ length }, (_, row) => values[row] ?? 0),
    present: Uint8Array.from({ length }, (_, row) => (values[row] === undefined ? 0 : 1)),
  }))
  const numbers = Float64Array.from({ length }, (_, row) => steps?.[row] ?? row + 1)
  return { steps: numbers, times: numbers.map((step) => 1_700_000_000_000 + 1000 * step), columns }
}

export const headOf = (algorithm: string, fields: Partial<SourceHead> = {}): SourceHead => ({
  algorithm,
  planned_steps: 1000,
  resumed_from_step: 0,
  ...fields,
})

export function find(algorithm: string, rows: Columns, fields: Partial<SourceHead> = {}): Anomaly[] {
  return replay({ stage: 0, attempt: 1, head: headOf(algorithm, fields) }, [rows])
}

/** What was found, in short. */
export const brief = (found: readonly Anomaly[]) => found.map(({ id, severity }) => `${id} ${severity}`)

/** Seeded noise around a level that may depend on the row. */
export function noisy(rows: number, level: number | ((row: number) => number), deviation: number, seed = 1): number[] {
  const random = createRandom(seed)
  return Array.from(
    { length: rows },
    (_, row) => (typeof level === 'number' ? level : level(row)) + deviation * random.normal(),
  )
}

/** A value for some rows, another for the rest. */
export const steps = (...parts: [count: number, value: number][]): number[] =>
  parts.flatMap(([count, value]) => new Array<number>(count).fill(value))
