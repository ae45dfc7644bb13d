import type { DroppedRow } from '../../../schemas/build.ts'
import type { Operators } from '../../../schemas/operators.ts'
import type { Row, RowFormat } from '../../../schemas/rows.ts'
import { parseBatch } from '../../formats/parse-batch.ts'
import type { Breach } from '../../platform/fault.ts'
import { describeRow } from '../../text/describe-row.ts'
import { renderRow, stripAnnotations } from '../../text/row-text.ts'
import { createScanner, type WordScan } from '../../text/scan-words.ts'
import { featureNames, features } from '../difficulty/features.ts'
import { createLeakIndex, type ItemMatch, type LeakFinding, type LeakIndex, type LeakItem } from '../leak/leak-index.ts'
import { createSigner, type SignedBatch } from '../near-dup/sign.ts'
import { createRowOperators } from '../operators/create-row-operators.ts'
import { type Categories, createCategoryColumns } from './category-columns.ts'
import { countDrop, newTotals, type OperatorTotals } from './operator-totals.ts'

export interface PrepareSetup {
  /** null: nothing is changed and nothing is left out. */
  operators: Operators | null
  /** Rows that hold one of these items are left out by a build, and reported by a preflight. */
  leak: { items: LeakItem[]; ngram: number; threshold: number; masked: boolean; drop: boolean } | null | false
  signatures: boolean
  difficulty: boolean
}

export interface PrepareInput {
  /** Whole lines of JSON. */
  bytes: Uint8Array
  /** Of the first line in its source, from 1. */
  firstNumber: number
  rows: number
  format: RowFormat
  source: string
  /** Of rows that name none. */
  task?: string
}

export const describedColumns = ['words', 'tokens_estimated', 'characters', 'turns', 'tool_calls'] as const

export interface PreparedBatch {
  rows: number
  /** Canonical JSON of the rows that go on, each with its newline. */
  lines: Uint8Array
  lengths: Uint32Array
  /** Of each row in its source. */
  numbers: Uint32Array
  /** One array for each of `describedColumns`. */
  described: Float32Array[]
  categories: Categories
  /** One array for each feature of difficulty. */
  features: Float32Array[]
  signed: SignedBatch | null
  leaks: { number: number; finding: LeakFinding }[]
  /** Items that came near a row of the batch; a row by its number in the source. */
  matches: ItemMatch[]
  unjudged: LeakIndex['unjudged'] | null
  totals: OperatorTotals[]
  /** Spent on signatures, of processor time. */
  signingSeconds: number
  /** `DroppedRow` as JSON lines. */
  dropped: Uint8Array
  droppedRows: number
  /** Rows that are not rows of an accepted format, and what is wrong with the first of them. */
  badRows: number
  problems: Breach[]
}

/** What a worker does with a batch of rows: everything that needs no other row. `now` is a clock in milliseconds. */
export async function createPreparer(
  setup: PrepareSetup,
  now: () => number,
): Promise<(input: PrepareInput) => PreparedBatch> {
  const operators = setup.operators ? await createRowOperators(setup.operators) : []
  const leaks = setup.leak ? createLeakIndex(setup.leak.items, setup.leak) : undefined
  const dropsLeaks = setup.leak ? setup.leak.drop : false
  const scanner = createScanner()
  const signer = setup.signatures ? createSigner() : undefined

  return (input) => {
    const totals = operators.map(({ name }) => newTotals(name))
    const leakTotals = newTotals('decontaminate')
    const dropped: string[] = []
    const batch = createBatch(setup)
    const { bytes, firstNumber, rows: lines } = input
    const parsed = parseBatch(
      { bytes, unit: 'line', firstNumber, rows: lines, problems: [], bad: 0, firstBad: Number.POSITIVE_INFINITY },
      { layout: 'canonical', format: input.format },
    )

    function leaveOut(total: OperatorTotals, row: Row, number: number, reason: string, detail?: string): void {
      const json = JSON.stringify(row)
      const place = { source: input.source, row: number, reason, ...(detail !== undefined && { detail }) }
      countDrop(total, { ...place, text: json })
      const line: DroppedRow = { ...place, operator: total.operator, json }
      dropped.push(JSON.stringify(line), '\n')
    }

    function prepare(first: Row, number: number): Row | undefined {
      let row = first
      for (const [i, operator] of operators.entries()) {
        const total = totals[i] as OperatorTotals
        const started = now()
        const outcome = operator.apply(row)
        total.seconds += (now() - started) / 1000
        total.rows_in += 1
        if ('dropped' in outcome) {
          leaveOut(total, row, number, outcome.dropped, outcome.detail)
          return undefined
        }
        total.rows_out += 1
        const { changed, noted } = outcome
        if (changed !== undefined) {
          total.changed += 1
          total.reasons[changed] = (total.reasons[changed] ?? 0) + 1
        }
        if (noted !== undefined) total.noted[noted] = (total.noted[noted] ?? 0) + 1
        row = outcome.kept
      }
      return row
    }

    function leaking(row: Row, text: string, number: number, scan: WordScan): boolean {
      if (!leaks) return false
      const started = now()
      const findings = leaks.check(text, number, scan)
      leakTotals.seconds += (now() - started) / 1000
      leakTotals.rows_in += 1
      const [worst] = findings
      if (!worst || !dropsLeaks) {
        for (const finding of findings) batch.leaks.push({ number, finding })
        leakTotals.rows_out += 1
        return false
      }
      const detail = `${worst.suite} item ${worst.item + 1}, containment ${worst.containment.toFixed(3)}`
      leaveOut(leakTotals, row, number, `leak_${worst.pass}`, detail)
      return true
    }

    for (const { number, row: parsedRow } of parsed.rows) {
      const tasked =
        input.task === undefined || parsedRow.task !== undefined ? parsedRow : { ...parsedRow, task: input.task }
      const row = prepare(tasked, number)
      if (!row) continue
      const text = renderRow(row)
      const scan = scanner.scan(text)
      if (!leaking(row, text, number, scan)) batch.add(row, text, number, scan.count)
    }
    const started = now()
    const finished = batch.finish(signer)
    const signingSeconds = signer ? (now() - started) / 1000 : 0
    return {
      ...finished,
      leaks: batch.leaks,
      matches: leaks?.takeBest() ?? [],
      unjudged: leaks?.unjudged ?? null,
      signingSeconds,
      totals: [...totals, ...(leaks ? [leakTotals] : [])],
      dropped: new TextEncoder().encode(dropped.join('')),
      droppedRows: dropped.length / 2,
      badRows: parsed.bad,
      problems: parsed.problems,
    }
  }
}

/** Columns of the rows that go on. */
function createBatch({ difficulty, signatures }: PrepareSetup) {
  const lines: string[] = []
  const signed: string[] = []
  const numbers: number[] = []
  const described: number[][] = describedColumns.map(() => [])
  const featured: number[][] = difficulty ? featureNames.map(() => []) : []
  const categories = createCategoryColumns()
  const leaks: PreparedBatch['leaks'] = []
  const addFeatures = (row: Row, tokens: number) => {
    for (const [i, value] of features(row, tokens).entries()) featured[i]?.push(value)
  }

  return {
    leaks,
    add(row: Row, text: string, number: number, words: number): void {
      lines.push(JSON.stringify(row))
      numbers.push(number)
      const about = describeRow(row, text, words)
      for (const [i, name] of describedColumns.entries()) described[i]?.push(about[name])
      categories.add(row)
      if (difficulty) addFeatures(row, about.tokens_estimated)
      if (signatures) signed.push(withoutSystem(row, text))
    },
    finish(signer: ReturnType<typeof createSigner> | undefined) {
      const bytes = new TextEncoder().encode(lines.length > 0 ? `${lines.join('\n')}\n` : '')
      return {
        rows: lines.length,
        lines: bytes,
        lengths: lineLengths(bytes, lines.length),
        numbers: Uint32Array.from(numbers),
        described: described.map((column) => Float32Array.from(column)),
        features: featured.map((column) => Float32Array.from(column)),
        categories: categories.finish(),
        signed: signer ? signer.signBatch(signed) : null,
      }
    },
  }
}

/** The system prompt is the same in many rows and would make them alike. */
function withoutSystem(row: Row, text: string): string {
  if (!('messages' in row) || !row.messages.some(({ role }) => role === 'system')) return text
  const spoken = row.messages.filter(({ role }) => role !== 'system')
  return spoken.map(({ content }) => stripAnnotations(content)).join('\n')
}

function lineLengths(bytes: Uint8Array, rows: number): Uint32Array {
  const lengths = new Uint32Array(rows)
  let start = 0
  for (let i = 0; i < rows; i++) {
    const end = bytes.indexOf(10, start) + 1
    lengths[i] = end - start
    start = end
  }
  return lengths
}
