import type { Row, RowFormat } from '../../../schemas/rows.ts'
import type { Breach } from '../../platform/fault.ts'

export type Fields = { [field: string]: unknown }

/** A written row. `note` says what will not be the same when it is read back, though nothing that it says is lost. */
export type Written = { value: Fields; note?: string } | { problems: Breach[] }

/** How a tool lays out rows of one format. */
export interface Layout {
  /** For people: its fields. */
  shape: string
  /** What it becomes. */
  format: RowFormat
  /** What was seen when the row looks like this layout, for example `instruction, output`; undefined when it does not. */
  seen(value: Fields): string | undefined
  /** A row, still to be checked, or what is wrong. Fields that it does not know go to `meta`. */
  read(value: Fields): Fields | Breach[]
  write(row: Row): Written
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Present, in a file that writes null or nothing for what is absent. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

/** One problem; `pointer` is relative to the row. */
export function breach(pointer: string, code: string, message: string, remedy: string): Breach {
  return { pointer, code, message, remedy }
}

/** The problem that the layout has no place for something. */
export function inexpressible(layout: string, what: string, remedy: string): { problems: Breach[] } {
  return { problems: [breach('', 'not_expressible', `cannot be written as ${layout}: ${what}`, remedy)] }
}

/** The problem that a row has another format than the layout holds. */
export function otherFormat(layout: string, holds: string): { problems: Breach[] } {
  return inexpressible(
    layout,
    `${layout} holds ${holds} rows, and this is another`,
    'Choose another layout, or canonical, which holds all.',
  )
}
