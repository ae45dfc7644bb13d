import type { Paint, Tone } from './paint.ts'
import { pad, truncate, width } from './width.ts'

export interface Column<Row> {
  title: string
  value: (row: Row) => string
  right?: boolean
  tone?: (row: Row) => Tone | undefined
}

const gap = '  '
const leastLastColumn = 12

/** A heading and one line per row, columns aligned; with `columns`, the last column is cut so that lines fit. */
export function table<Row>(
  shape: readonly Column<Row>[],
  rows: readonly Row[],
  look: { paint: Paint; columns?: number | undefined },
): string[] {
  const cells = rows.map((row) => shape.map((column) => column.value(row).replaceAll(/\s*[\n\t]\s*/g, ' ⏎ ')))
  const widths = shape.map((column, i) =>
    Math.max(width(column.title), ...cells.map((line) => width(line[i] as string))),
  )
  const last = shape.length - 1
  if (look.columns !== undefined) {
    const others = widths.slice(0, last).reduce((sum, each) => sum + each + gap.length, 0)
    widths[last] = Math.min(widths[last] as number, Math.max(leastLastColumn, look.columns - others))
  }

  const line = (texts: readonly string[], tone: (i: number) => Tone | undefined) =>
    texts
      .map((text, i) => {
        const cut = i === last ? truncate(text, widths[i] as number) : text
        const right = shape[i]?.right === true
        const padded = i === last && !right ? cut : pad(cut, widths[i] as number, right)
        const painted = tone(i)
        return painted ? look.paint(painted, padded) : padded
      })
      .join(gap)
      .trimEnd()
  return [
    line(
      shape.map((column) => column.title),
      () => 'dim',
    ),
    ...cells.map((texts, row) => line(texts, (i) => shape[i]?.tone?.(rows[row] as Row))),
  ]
}

/** `name  value` lines, names aligned; pairs without a value are left out. */
export function pairs(entries: readonly (readonly [string, string | undefined])[], paint: Paint): string[] {
  const given = entries.filter(([, value]) => value !== undefined && value !== '')
  const widest = Math.max(0, ...given.map(([name]) => width(name)))
  return given.map(([name, value]) => `${paint('dim', pad(name, widest))}${gap}${value}`)
}
