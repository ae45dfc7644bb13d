import type { RowFormat } from '../../schemas/rows.ts'
import { type Breach, Fault } from '../platform/fault.ts'
import { maxProblems } from './batch.ts'
import type { Source } from './byte-source.ts'
import type { Detected } from './detect-layout.ts'
import type { LayoutName } from './layouts/layout-names.ts'
import { detectBatch, type NumberedRow, parseBatch } from './parse-batch.ts'
import { type LineOptions, toLines } from './to-lines.ts'

export interface ReadOptions extends LineOptions {
  /** Detected from the first rows when absent. */
  layout?: LayoutName | undefined
  format?: RowFormat | undefined
  onDetected?: ((detected: Detected) => void) | undefined
}

/**
 * Canonical rows of any file that is read here, batch by batch. Reads to the end before it throws, so that Fault `invalid` names
 * every bad row (the first 100 problems, and the count); after the first bad row nothing more comes out.
 */
export async function* readRows(source: Source, options: ReadOptions = {}): AsyncGenerator<NumberedRow[]> {
  const tally = createTally()
  let known: Detected | undefined
  for await (const batch of toLines(source, options)) {
    if (!known) {
      known = detectBatch(batch, options)
      if (known) options.onDetected?.(known)
    }
    const parsed = parseBatch(batch, known ?? options)
    const wasGood = tally.isGood()
    tally.add(parsed.rows.length, parsed.bad, parsed.problems)
    const rows = parsed.bad === 0 ? parsed.rows : parsed.rows.filter(({ number }) => number < parsed.firstBad)
    if (wasGood && rows.length > 0) yield rows
  }
  tally.finish()
}

/** Counts good and bad rows; `finish` throws Fault `invalid` for a file with any bad row, or none at all. */
export function createTally() {
  const errors: Breach[] = []
  let good = 0
  let bad = 0
  return {
    add(goodRows: number, badRows: number, problems: readonly Breach[]) {
      good += goodRows
      bad += badRows
      errors.push(...problems.slice(0, maxProblems - errors.length))
    },
    isGood: () => bad === 0,
    finish() {
      if (bad > 0)
        throw new Fault('invalid', `${bad} of ${good + bad} rows are bad; the first: ${errors[0]?.message}`, { errors })
      if (good === 0)
        throw new Fault(
          'invalid',
          'the file holds no rows; give JSONL, a JSON array, CSV or Parquet with at least one row',
        )
    },
  }
}
