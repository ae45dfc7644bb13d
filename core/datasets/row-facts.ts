import type { Row } from '../../schemas/rows.ts'
import { type CategoryName, categoryNames, categoryOf, describeRow } from '../text/describe-row.ts'
import { renderRow } from '../text/row-text.ts'

/** What a report counts of one row. */
export interface RowFacts {
  /** Two rows with the same text, case and white space ignored, are duplicates. */
  text: string
  columns: Record<string, number>
  categories: Partial<Record<CategoryName, string | undefined>>
}

/** Sizes and labels of a row, as a build counts them too. */
export function rowFacts(row: Row): RowFacts {
  const text = renderRow(row)
  const labels = categoryNames.map((name) => [name, categoryOf(row, name)])
  return { text, columns: { ...describeRow(row, text) }, categories: Object.fromEntries(labels) }
}
