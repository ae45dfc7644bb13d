import { cellText } from './csv-cells.ts'
import type { WrittenRow } from './written-rows.ts'

/** The columns of the rows, in the order in which they first appear. */
export function createColumns() {
  const columns = new Set<string>()
  return {
    add(rows: readonly WrittenRow[]) {
      for (const { value } of rows) for (const column in value) columns.add(column)
    },
    names: () => [...columns],
  }
}

export function csvHeader(columns: readonly string[]): string {
  return `${columns.map(quoted).join(',')}\n`
}

/** Lines of CSV (RFC 4180): lists and objects as JSON, nothing for what is absent. A value that would read back otherwise is a problem. */
export function csvLines(rows: readonly WrittenRow[], columns: readonly string[]): string {
  const lines = rows.map((row) => columns.map((column) => quoted(textOf(row, column))).join(','))
  return lines.map((line) => `${line}\n`).join('')
}

function textOf({ value, problem }: WrittenRow, column: string): string {
  const each = value[column]
  const isAbsent = each === undefined || (column === 'input' && each === '')
  const text = isAbsent ? '' : cellText(column, each)
  if (text !== undefined) return text
  const why =
    each === '' ? 'an empty text reads back as absent' : 'its text would read back as something else, or not at all'
  problem(`cannot be written as CSV: in column "${column}" ${why}`, 'Choose another container, for example jsonl.')
  return ''
}

function quoted(text: string): string {
  return /[",;\t\r\n]|^\s|\s$|^\uFEFF/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
