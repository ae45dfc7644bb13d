import { has, toWire } from './columns.ts'
import type { RowWindow } from './export-rows.ts'

/** Milliseconds around 1970 that a date can hold. */
const maxDate = 8.64e15

/** The header of a CSV file (RFC 4180). */
export const csvHeader = (fields: readonly string[]): string => `${fields.map(quoted).join(',')}\r\n`

/** Rows of a CSV file: nothing where a row lacks a metric, `NaN`, `Infinity` and `-Infinity` as text, times in ISO 8601. */
export function csvRows({ stage, attempt, steps, times, columns }: RowWindow): string {
  const lines: string[] = []
  steps.forEach((step, row) => {
    const cells = [String(step), isoTime(times[row] as number) ?? '', String(attempt)]
    for (const column of columns) cells.push(column && has(column, row) ? numberText(column.values[row] as number) : '')
    lines.push(`${stage},${cells.join(',')}\r\n`)
  })
  return lines.join('')
}

/** Rows as JSON Lines, values as on the wire. */
export function jsonRows({ stage, attempt, steps, times, columns }: RowWindow, names: readonly string[]): string {
  const lines: string[] = []
  steps.forEach((step, row) => {
    const data: [string, unknown][] = []
    columns.forEach((column, i) => {
      if (column && has(column, row)) data.push([names[i] as string, toWire(column.values[row] as number)])
    })
    const time = isoTime(times[row] as number) ?? null
    const line = { stage, step, time, attempt, data: Object.fromEntries(data) }
    lines.push(`${JSON.stringify(line)}\n`)
  })
  return lines.join('')
}

function isoTime(time: number): string | undefined {
  return Math.abs(time) <= maxDate ? new Date(time).toISOString() : undefined
}

const numberText = (value: number) => (Object.is(value, -0) ? '-0' : String(value))

const quoted = (text: string) => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
