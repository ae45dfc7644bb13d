import { type RowFormat, rowFormats } from '../../../schemas/rows.ts'
import { formatOf, requiredFields } from '../check-row.ts'
import type { Fields, Layout } from './layout.ts'

/** Rows as Sluice stores them: nothing is renamed, and an unknown field is an error. */
export function canonical(format: RowFormat): Layout {
  const fields = requiredFields[format]
  return {
    shape: `{${Object.keys(rowFormats[format].shape).join(', ')}}`,
    format,
    seen: (value) => (formatOf(value) === format && !hasLists(value) ? fields.join(', ') : undefined),
    read: (value) => value,
    write: (row) => ({ value: row }),
  }
}

/** Replies are text here; lists of messages in their place are another layout. */
function hasLists(value: Fields): boolean {
  return ['completion', 'chosen', 'rejected', 'answer'].some((field) => Array.isArray(value[field]))
}
