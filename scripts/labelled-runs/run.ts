import type { Columns } from '../../core/metrics/columns.ts'
import type { SourceHead } from '../../core/metrics/source-head.ts'
import type { RuleName } from '../../schemas/diagnostics.ts'
import type { Random } from './random.ts'

/** One value per logged row. */
export type Series = Float64Array

/** A run in the making: diseases change its series from their onset on. */
export interface Draft {
  head: SourceHead
  /** Optimizer step of each row. */
  steps: number[]
  series: Record<string, Series>
  /** Rows of an evaluation, between the others: by the row they follow. */
  evaluations: Map<number, Record<string, number>>
}

export interface LabelledRun {
  kind: string
  seed: number
  head: SourceHead
  rows: Columns
  /** What is wrong with it, from which step on, and which rules may say so; absent: healthy. */
  disease?: { rule: RuleName; onset: number; row: number; also: readonly RuleName[] }
}

/** Rows of a draft, with times ten seconds per step apart. */
export function toColumns({ steps, series, evaluations }: Draft): Columns {
  const names = new Set(Object.keys(series))
  for (const values of evaluations.values()) for (const name of Object.keys(values)) names.add(name)
  const rows: { step: number; at(name: string): number | undefined }[] = []
  steps.forEach((step, row) => {
    rows.push({ step, at: (name) => series[name]?.[row] })
    const evaluation = evaluations.get(row)
    if (evaluation) rows.push({ step, at: (name) => evaluation[name] })
  })
  const columns = [...names].map((name) => {
    const values = new Float64Array(rows.length)
    const present = new Uint8Array(rows.length)
    rows.forEach(({ at }, row) => {
      const value = at(name)
      if (value === undefined) return
      values[row] = value
      present[row] = 1
    })
    return present.every((one) => one === 1) ? { name, values } : { name, values, present }
  })
  const times = Float64Array.from(rows, ({ step }, row) => 1_760_000_000_000 + 10_000 * step + row)
  return { steps: Float64Array.from(rows, ({ step }) => step), times, columns }
}

/** Rows [from, to). */
export function sliceColumns({ steps, times, columns }: Columns, from: number, to: number): Columns {
  return {
    steps: steps.subarray(from, to),
    times: times.subarray(from, to),
    columns: columns.map(({ name, values, present }) => ({
      name,
      values: values.subarray(from, to),
      ...(present && { present: present.subarray(from, to) }),
    })),
  }
}

/** A value per row, from its share of the way (0..1) and its number. */
export function series(rows: number, value: (share: number, row: number) => number): Series {
  return Float64Array.from({ length: rows }, (_, row) => value(rows === 1 ? 1 : row / (rows - 1), row))
}

/** Slow wandering around 0 with standard deviation 1: what batches of like difficulty do to a mean. */
export function wander(random: Random, rows: number, memory = 0.97): Series {
  let level = 0
  const kick = Math.sqrt(1 - memory * memory)
  return series(rows, () => {
    level = memory * level + kick * random.normal()
    return level
  })
}
