import type { DroppedSample, OperatorReport } from '../../../schemas/operator-report.ts'
import { digestJson } from '../../platform/digest.ts'

/** What one operator did so far. Totals of batches add up. */
export interface OperatorTotals {
  operator: string
  rows_in: number
  rows_out: number
  changed: number
  reasons: Record<string, number>
  /** What was found and let pass. */
  noted: Record<string, number>
  notes: string[]
  samples: DroppedSample[]
  seconds: number
}

const maxSamples = 20
const maxNotes = 20
const maxSampleText = 300

export function newTotals(operator: string): OperatorTotals {
  return { operator, rows_in: 0, rows_out: 0, changed: 0, reasons: {}, noted: {}, notes: [], samples: [], seconds: 0 }
}

/** Counts a row that was left out, and keeps the first ones to be looked at. */
export function countDrop(totals: OperatorTotals, sample: DroppedSample): void {
  totals.reasons[sample.reason] = (totals.reasons[sample.reason] ?? 0) + 1
  if (totals.samples.length < maxSamples) totals.samples.push({ ...sample, text: beginning(sample.text) })
}

/** Adds `more` to `totals`, which must be of the same operator. */
export function addTotals(totals: OperatorTotals, more: OperatorTotals): void {
  totals.rows_in += more.rows_in
  totals.rows_out += more.rows_out
  totals.changed += more.changed
  totals.seconds += more.seconds
  addCounts(totals.reasons, more.reasons)
  addCounts(totals.noted, more.noted)
  totals.samples.push(...more.samples.slice(0, maxSamples - totals.samples.length))
}

export function toReport({ seconds, noted, notes, ...totals }: OperatorTotals, config: unknown): OperatorReport {
  const told = Object.entries(noted).map(([what, rows]) => `${what}: ${rows} rows, let pass`)
  return {
    ...totals,
    notes: [...notes, ...told].slice(0, maxNotes),
    config_digest: digestJson(config),
    seconds: Number(seconds.toFixed(3)),
  }
}

function addCounts(counts: Record<string, number>, more: Record<string, number>): void {
  for (const [what, count] of Object.entries(more)) counts[what] = (counts[what] ?? 0) + count
}

function beginning(text: string): string {
  return text.length > maxSampleText ? `${text.slice(0, maxSampleText - 1).toWellFormed()}…` : text
}
