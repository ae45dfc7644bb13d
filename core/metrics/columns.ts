import type { MetricLine } from '../../schemas/trainer-contract.ts'

/** Points of consecutive lines, by column. `values[c][r]` is column c at row r; `undefined` where the line lacks the metric. */
export interface Columns {
  steps: number[]
  names: string[]
  values: (number | undefined)[][]
}

const wire = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, '-Infinity': Number.NEGATIVE_INFINITY } as const

/** The lines as columns, names sorted; non-finite values as numbers. */
export function toColumns(lines: readonly MetricLine[]): Columns {
  const names = [...new Set(lines.flatMap((line) => Object.keys(line.data)))].sort()
  // Names are the trainer's: "constructor" is a metric where the line has it, and only there.
  const number = ({ data }: MetricLine, name: string) => {
    const value = Object.hasOwn(data, name) ? data[name] : undefined
    return typeof value === 'string' ? wire[value] : value
  }
  return {
    steps: lines.map((line) => line.step),
    names,
    values: names.map((name) => lines.map((line) => number(line, name))),
  }
}

/** The wire form of a value: finite numbers as themselves, the others as strings. */
export function toWire(value: number): MetricLine['data'][string] {
  return Number.isFinite(value) ? value : (String(value) as keyof typeof wire)
}
