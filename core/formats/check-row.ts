import { type Row, type RowFormat, rowFormats } from '../../schemas/rows.ts'
import type { Breach } from '../platform/fault.ts'
import { breachesOf } from '../platform/parse.ts'

const formats = Object.keys(rowFormats) as RowFormat[]

/** The canonical row, keys in schema order, or what is wrong with it; pointers are relative to the row. */
export function checkRow(value: unknown, format: RowFormat): Row | Breach[] {
  const result = rowFormats[format].safeParse(value)
  if (result.success) return result.data
  return breachesOf(rowFormats[format], result.error.issues).map((breach) => ({
    ...breach,
    message: `is wrong: ${breach.message}`,
  }))
}

/** The canonical row; undefined when anything is wrong with it. */
export function fittingRow(value: unknown, format: RowFormat): Row | undefined {
  return rowFormats[format].safeParse(value).data
}

/** The format whose required fields are all there; that they are right, and that there are no others, is for `checkRow`. */
export function formatOf(value: unknown): RowFormat | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return formats.find((format) => requiredFields[format].every((field) => Object.hasOwn(value, field)))
}

/** The fields that a row of the format must have. */
export const requiredFields = Object.fromEntries(
  formats.map((format) => [
    format,
    Object.entries(rowFormats[format].shape).flatMap(([field, schema]) =>
      schema.safeParse(undefined).success ? [] : [field],
    ),
  ]),
) as { [format in RowFormat]: string[] }
