import { type Column, type Columns, has } from '../metrics/columns.ts'
import type { Observe } from './detector.ts'
import type { Episode } from './episode.ts'

/**
 * Calls `see` for every finite value of a metric, once per step, with the values of other metrics in the same row (NaN where the row
 * lacks one). Columns are looked up once per chunk.
 */
export function eachPoint(
  episode: Episode,
  metric: string,
  others: readonly string[],
  see: (value: number, beside: Float64Array) => void,
): Observe {
  const beside = new Float64Array(others.length)
  return (rows) => {
    const column = columnOf(rows, metric)
    if (!column) return
    const companions = others.map((name) => columnOf(rows, name))
    for (let row = 0; row < rows.steps.length; row++) {
      const value = column.values[row]!
      if (!has(column, row) || !Number.isFinite(value) || !episode.advance(rows.steps[row]!, rows.times[row]!)) continue
      for (let i = 0; i < companions.length; i++) {
        const other = companions[i]
        beside[i] = other && has(other, row) ? other.values[row]! : Number.NaN
      }
      see(value, beside)
    }
  }
}

const columnOf = ({ columns }: Columns, name: string): Column | undefined => columns.find((each) => each.name === name)
