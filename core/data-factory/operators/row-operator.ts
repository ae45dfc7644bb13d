import type { Row } from '../../../schemas/rows.ts'

/** What an operator says of a row. Reasons are codes in snake_case; `detail` says what was found, in a few words. */
export type RowOutcome =
  | {
      /** The row that goes on: the same object when nothing changed. */
      kept: Row
      /** Why its text is another one now. */
      changed?: string
      /** What was found and let pass. */
      noted?: string
      detail?: string
    }
  | { dropped: string; detail?: string }

/** Pure: the same row gives the same outcome. */
export interface RowOperator {
  readonly name: string
  readonly config: unknown
  apply(row: Row): RowOutcome
}
