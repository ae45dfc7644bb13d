import { addRow, type Block, lastValue, newestValue, setValue } from './advance-block.ts'
import { canonicalOf } from './names.ts'
import { addDerived, addNames, knownName, type NameBook } from './names-book.ts'
import type { RawRow } from './parse-row.ts'

/** How far the segments of an attempt are read, and all that decides how its next line is kept. */
export interface Progress {
  next_segment: number
  first_step: number | null
  last_step: number | null
  contiguous: boolean
  rows: number
  points: number
  first_time: number
  last_time: number
  junk_lines: number
  /** Junk lines of which a sample is kept. */
  junk_kept: number
  backward_steps: number
  type_changes: number
  /** Cumulative, of the newest row that logs it, and that row's time: what tokens_per_second is derived from. */
  token_count: number
  token_time: number
  /** Newest value by number of the metric. */
  latest: Map<number, number>
}

export const createProgress = (): Progress => ({
  next_segment: 0,
  first_step: null,
  last_step: null,
  contiguous: true,
  rows: 0,
  points: 0,
  first_time: Number.NaN,
  last_time: Number.NaN,
  junk_lines: 0,
  junk_kept: 0,
  backward_steps: 0,
  type_changes: 0,
  token_count: Number.NaN,
  token_time: Number.NaN,
  latest: new Map(),
})

/** Keeps a row of any shape: numbers its new metrics, takes null as NaN where a metric is known, and counts what is no number. */
export function keepRow(progress: Progress, book: NameBook, block: Block, row: RawRow): void {
  const natives = row.natives.map(knownName)
  const isNew = (native: string, i: number) => !book.slots.has(native) && isMetric(native, row.values[i])
  const added = natives.filter(isNew)
  if (added.length > 0) addNames(book, [...new Set(added)])
  beginRow(progress, block, row.step, row.time)
  const before = block.points
  natives.forEach((native, i) => {
    const slot = book.slots.get(native)
    const value = row.values[i]
    if (slot === undefined) return
    if (value === undefined) progress.type_changes += 1
    else setValue(block, slot, value ?? Number.NaN)
  })
  endRow(progress, book, block, before)
}

/** Counts the row and begins it in the block. */
export function beginRow(progress: Progress, block: Block, step: number, time: number): void {
  const last = progress.last_step
  if (last !== null) {
    if (step !== last + 1 && step !== last) progress.contiguous = false
    if (step < last) progress.backward_steps += 1
  }
  progress.first_step ??= step
  progress.last_step = step
  progress.rows += 1
  if (!Number.isNaN(time)) {
    if (Number.isNaN(progress.first_time)) progress.first_time = time
    progress.last_time = time
  }
  addRow(block, step, time)
}

/** Adds what follows from the row's values. `before`: the block's points before the row. */
export function endRow(progress: Progress, book: NameBook, block: Block, before: number): void {
  deriveThroughput(progress, book, block)
  progress.points += block.points - before
}

/** Before the block's rows are taken: their newest values are the attempt's. */
export function keepLatest(progress: Progress, block: Block): void {
  for (const slot of block.used) progress.latest.set(slot, lastValue(block, slot))
}

/** Names that are known to be a metric's say NaN by null, as JSON writers without NaN do. */
function isMetric(native: string, value: number | null | undefined): boolean {
  return value === null ? canonicalOf(native) !== undefined : value !== undefined
}

/** tokens/s of the whole job: verl logs a step's tokens and seconds, TRL the tokens so far. Nothing where a trainer logs it itself. */
function deriveThroughput(progress: Progress, book: NameBook, block: Block): void {
  const total = newestValue(block, book.slots.get('perf/total_num_tokens'))
  const seconds = newestValue(block, book.slots.get('perf/time_per_step'))
  if (total !== undefined && seconds !== undefined) {
    setDerived(book, block, total / seconds, 'perf/total_num_tokens / perf/time_per_step')
    return
  }
  const count = newestValue(block, book.slots.get('num_tokens'))
  const time = block.times[block.rows - 1] as number
  if (count === undefined || Number.isNaN(time)) return
  const tokens = count - progress.token_count
  const milliseconds = time - progress.token_time
  if (tokens > 0 && milliseconds > 0)
    setDerived(book, block, tokens / (milliseconds / 1000), 'delta num_tokens / delta time')
  progress.token_count = count
  progress.token_time = time
}

function setDerived(book: NameBook, block: Block, rate: number, native: string): void {
  if (!(rate > 0 && rate < Number.POSITIVE_INFINITY)) return
  const slot = book.derived ?? addDerived(book, 'tokens_per_second', native)
  if (slot !== undefined) setValue(block, slot, rate)
}
