import { zstdCompressSync } from 'node:zlib'
import { packNumbers, packPyramid } from './compact-sections.ts'
import { extendPyramid, type Pyramid } from './pyramid.ts'
import type { Entries, StepsAndTimes } from './series-merge.ts'

/** Values per block: what a range of rows costs to read at least. */
export const blockValues = 8192
export const magic = 'SLUM'
export const form = 1

/** Where a section lies: first byte and size. */
export type Extent = [at: number, size: number]

export interface StoredColumn {
  name: string
  count: number
  at: number
  /** Sizes of the consecutive sections from `at` on: row numbers (0: every row has a value), pyramid, blocks. */
  rows: number
  pyramid: number
  blocks: number[]
}

/** The last thing in an object: what lies where. */
export interface ObjectIndex {
  form: typeof form
  rows: number
  /** Of the first line that was logged; null when there is none. */
  first_step: number | null
  steps: Extent
  times: Extent
  columns: StoredColumn[]
  /** Of the attempt, behind the last segment. */
  cursor: unknown
  names: unknown
}

export interface ObjectContent extends StepsAndTimes, Pick<ObjectIndex, 'first_step' | 'cursor' | 'names'> {
  columnNames: readonly string[]
  entries(name: string): Promise<Entries>
}

/**
 * Rows as one object, a column at a time: times, columns, steps, then the index as JSON in a zstd frame, its size in four bytes, and
 * the magic word.
 */
export async function* encodeObject(content: ObjectContent): AsyncGenerator<Uint8Array> {
  const { columnNames, entries, steps, times, first_step, cursor, names } = content
  const index: ObjectIndex = {
    form,
    rows: steps.length,
    first_step,
    steps: [0, 0],
    times: [0, 0],
    columns: [],
    cursor,
    names,
  }
  const packedTimes = packNumbers(times)
  yield packedTimes
  let at = packedTimes.length
  index.times = [0, at]
  for (const name of columnNames) {
    const { column, sections } = packColumn(name, at, await entries(name))
    index.columns.push(column)
    at += sections.reduce((sum, each) => sum + each.length, 0)
    yield* sections
  }
  // Near the index, because every reader needs both.
  const packedSteps = packNumbers(steps)
  index.steps = [at, packedSteps.length]
  yield packedSteps
  const last = zstdCompressSync(JSON.stringify(index))
  const size = Buffer.alloc(4)
  size.writeUInt32LE(last.length)
  yield Buffer.concat([last, size, Buffer.from(magic)])
}

function packColumn(
  name: string,
  at: number,
  { rows, values }: Entries,
): { column: StoredColumn; sections: Uint8Array[] } {
  const places = rows ? packNumbers(Float64Array.from(rows)) : new Uint8Array()
  const levels: Pyramid = []
  extendPyramid(levels, values, values.length)
  const pyramid = packPyramid(levels)
  const blocks: Uint8Array[] = []
  for (let from = 0; from < values.length; from += blockValues)
    blocks.push(packNumbers(values.slice(from, from + blockValues)))
  const sizes = { rows: places.length, pyramid: pyramid.length, blocks: blocks.map((each) => each.length) }
  return { column: { name, count: values.length, at, ...sizes }, sections: [places, pyramid, ...blocks] }
}
