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

/**
 * Lossless: Float64 steps, then for each column a presence bitmap and Float64 values, little-endian. NaN is a value, not an
 * absence, and -0 stays -0.
 */
export function encodeColumns(columns: Columns): Uint8Array {
  const rows = columns.steps.length
  const bitmap = Math.ceil(rows / 8)
  const bytes = new Uint8Array(rows * 8 + columns.names.length * (bitmap + rows * 8))
  const view = new DataView(bytes.buffer)
  columns.steps.forEach((step, row) => {
    view.setFloat64(row * 8, step, true)
  })
  columns.values.forEach((column, index) => {
    const start = rows * 8 + index * (bitmap + rows * 8)
    column.forEach((value, row) => {
      if (value === undefined) return
      bytes[start + (row >> 3)] = (bytes[start + (row >> 3)] as number) | (1 << (row & 7))
      view.setFloat64(start + bitmap + row * 8, value, true)
    })
  })
  return bytes
}

/** What `encodeColumns` made of `rows` steps and these names. */
export function decodeColumns(bytes: Uint8Array, rows: number, names: readonly string[]): Columns {
  const bitmap = Math.ceil(rows / 8)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const each = Array.from({ length: rows }, (_, row) => row)
  return {
    steps: each.map((row) => view.getFloat64(row * 8, true)),
    names: [...names],
    values: names.map((_, index) => {
      const start = rows * 8 + index * (bitmap + rows * 8)
      const present = (row: number) => ((bytes[start + (row >> 3)] as number) >> (row & 7)) & 1
      return each.map((row) => (present(row) ? view.getFloat64(start + bitmap + row * 8, true) : undefined))
    }),
  }
}
