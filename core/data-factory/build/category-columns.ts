import type { Row } from '../../../schemas/rows.ts'
import { type CategoryName, categoryNames, categoryOf } from '../../text/describe-row.ts'

/** For each category its values and, for each row, the place of its value among them; -1 where a row has none. */
export type Categories = Record<CategoryName, { values: string[]; codes: Int32Array }>

export const none = -1

/** Dictionary columns of what rows say of themselves. */
export function createCategoryColumns() {
  const columns = categoryNames.map((name) => ({ name, known: new Map<string, number>(), codes: [] as number[] }))

  return {
    add(row: Row): void {
      for (const { name, known, codes } of columns) codes.push(codeOf(categoryOf(row, name), known))
    },
    finish(): Categories {
      const entries = columns.map(({ name, known, codes }) => [
        name,
        { values: [...known.keys()], codes: Int32Array.from(codes) },
      ])
      return Object.fromEntries(entries) as Categories
    },
  }
}

function codeOf(value: string | undefined, known: Map<string, number>): number {
  if (value === undefined) return none
  const code = known.get(value) ?? known.size
  known.set(value, code)
  return code
}
