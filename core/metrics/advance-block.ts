import type { Column, Columns } from './columns.ts'
import type { NameBook } from './names-book.ts'

const maxRows = 2000
// Well below the 400 KB of an item, which also holds what the attempt's other metrics were last.
const maxBytes = 256 * 1024

interface Series {
  values: Float64Array
  /** 1 where the row has the metric. */
  present: Uint8Array
  count: number
}

/** The rows of the next chunk, as they come in. Metrics go by their number in the attempt's book. */
export interface Block {
  rows: number
  points: number
  steps: Float64Array
  times: Float64Array
  series: (Series | undefined)[]
  used: number[]
  capacity: number
}

export function createBlock(): Block {
  const capacity = 64
  return {
    rows: 0,
    points: 0,
    steps: new Float64Array(capacity),
    times: new Float64Array(capacity),
    series: [],
    used: [],
    capacity,
  }
}

/** A chunk ends behind the row that fills it: where, follows from the rows alone. */
export function isFull({ rows, points, used }: Block): boolean {
  return rows >= maxRows || 8 * points + (rows * used.length) / 8 >= maxBytes
}

/** Begins a row. */
export function addRow(block: Block, step: number, time: number): void {
  if (block.rows === block.capacity) widen(block)
  block.steps[block.rows] = step
  block.times[block.rows] = time
  block.rows += 1
}

/** The newest row's value of a metric; the last one given stays. */
export function setValue(block: Block, slot: number, value: number): void {
  const series = block.series[slot] ?? createSeries(block, slot)
  const row = block.rows - 1
  series.values[row] = value
  if (series.present[row] === 1) return
  series.present[row] = 1
  if (series.count === 0) block.used.push(slot)
  series.count += 1
  block.points += 1
}

/** The newest row's value; undefined where it lacks the metric. */
export function newestValue(block: Block, slot: number | undefined): number | undefined {
  const series = slot === undefined ? undefined : block.series[slot]
  const row = block.rows - 1
  return series?.present[row] === 1 ? series.values[row] : undefined
}

/** The last value of a metric in the block. */
export function lastValue(block: Block, slot: number): number {
  const { values, present } = block.series[slot] as Series
  let row = block.rows - 1
  while (row > 0 && present[row] !== 1) row--
  return values[row] as number
}

/** The rows, in arrays of their own, with the numbers of their metrics in ascending order; the block is empty afterwards. */
export function takeRows(block: Block, book: NameBook): { slots: Float64Array; columns: Columns } {
  const { rows } = block
  const slots = Float64Array.from(block.used).sort()
  const columns = Array.from(slots, (slot): Column => {
    const series = block.series[slot] as Series
    const name = book.entries[slot]?.name as string
    const values = series.values.slice(0, rows)
    if (series.count === rows) return { name, values }
    return { name, values, present: series.present.slice(0, rows) }
  })
  const taken = { steps: block.steps.slice(0, rows), times: block.times.slice(0, rows), columns }
  clear(block)
  return { slots, columns: taken }
}

function clear(block: Block): void {
  for (const slot of block.used) {
    const series = block.series[slot] as Series
    series.present.fill(0, 0, block.rows)
    series.count = 0
  }
  block.used = []
  block.rows = 0
  block.points = 0
}

function createSeries(block: Block, slot: number): Series {
  while (block.series.length < slot) block.series.push(undefined)
  const series = { values: new Float64Array(block.capacity), present: new Uint8Array(block.capacity), count: 0 }
  block.series[slot] = series
  return series
}

function widen(block: Block): void {
  block.capacity *= 2
  block.steps = wider(block.steps)
  block.times = wider(block.times)
  for (const series of block.series) {
    if (series === undefined) continue
    series.values = wider(series.values)
    const present = new Uint8Array(block.capacity)
    present.set(series.present)
    series.present = present
  }
}

function wider(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const wide = new Float64Array(2 * numbers.length)
  wide.set(numbers)
  return wide
}
