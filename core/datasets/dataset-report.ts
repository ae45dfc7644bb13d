import type { DatasetReport } from '../../schemas/dataset.ts'
import type { OperatorReport } from '../../schemas/operator-report.ts'
import type { Row } from '../../schemas/rows.ts'
import { createDistribution } from '../text/distribution.ts'
import { createFoldedTexts } from './folded-texts.ts'
import { type RowFacts, rowFacts } from './row-facts.ts'
import { createTally } from './tally.ts'

const maxSamples = 5
const maxSample = 1000

export interface ReportBuilder {
  /** `json` is the canonical row as text. */
  add(row: Row, json: string): void
  /** `operators`: of a build, what each did. */
  finish(operators?: OperatorReport[]): DatasetReport
}

/** The report of rows as they come, in bounded memory. The same rows in the same order give the same report. */
export function createDatasetReport(describe: (row: Row) => RowFacts = rowFacts): ReportBuilder {
  const columns = new Map<string, ReturnType<typeof createDistribution>>()
  const categories = new Map<string, ReturnType<typeof createTally>>()
  const texts = createFoldedTexts()
  const samples: string[] = []
  let rows = 0
  let duplicates = 0

  return {
    add(row, json) {
      const facts = describe(row)
      rows += 1
      if (texts.isRepeat(facts.text)) duplicates += 1
      for (const name in facts.columns) kept(columns, name, createDistribution).add(facts.columns[name] as number)
      for (const name in facts.categories) {
        const label = facts.categories[name as keyof RowFacts['categories']]
        if (label !== undefined) kept(categories, name, createTally).add(label)
      }
      if (samples.length < maxSamples) samples.push(shortened(json, maxSample))
    },
    finish: (operators = []) => ({
      definition: 'sluice.dataset-report/1',
      rows,
      exact_duplicates: duplicates,
      columns: asRecord(columns),
      categories: asRecord(categories),
      operators,
      samples,
    }),
  }
}

/** At most so many UTF-16 units; what is cut ends in an ellipsis. */
export function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1).toWellFormed()}…` : text
}

function kept<Value>(map: Map<string, Value>, name: string, create: () => Value): Value {
  const value = map.get(name) ?? create()
  map.set(name, value)
  return value
}

function asRecord<Value>(map: Map<string, { toJSON(): Value }>): Record<string, Value> {
  return Object.fromEntries([...map].map(([name, value]) => [name, value.toJSON()]))
}
