import type { Toxicity } from '../../../schemas/operators.ts'
import type { RowOperator, RowOutcome } from './row-operator.ts'
import { mapTexts } from './row-texts.ts'
import { createTermMatcher } from './term-matcher.ts'

/** Drops or notes rows that hold a term of the user's list in any text or argument of a tool call. No list is shipped. */
export function createToxicity(config: Toxicity): RowOperator {
  const find = createTermMatcher(config.terms)
  return {
    name: 'toxicity',
    config,
    apply(row): RowOutcome {
      let term: string | undefined
      const look = (text: string): string => {
        term ??= find(text)
        return text
      }
      mapTexts(row, look, look)
      if (term === undefined) return { kept: row }
      const detail = `term "${term}"`
      return config.action === 'warn' ? { kept: row, noted: 'toxic_term', detail } : { dropped: 'toxic_term', detail }
    },
  }
}
