import type { Progress } from './advance.ts'
import {
  type ByteReader,
  type ByteWriter,
  createByteReader,
  createByteWriter,
  putByte,
  putBytes,
  putFloat64,
  putWhole,
  takeByte,
  takeBytes,
  takeFloat64,
  takeWhole,
  written,
} from './bytes.ts'
import type { Columns } from './columns.ts'
import { openBytes, readColumns, sealBytes, writeColumns } from './encode-columns.ts'
import { readNumbers, writeNumbers } from './encode-numbers.ts'

/** What the last part of a segment carries: how far the attempt is read, and what its watcher needs to go on. */
export interface ChunkTail {
  progress: Progress
  /** How many of the attempt's names, and of those left out, are known behind this chunk. */
  names: number
  refused: number
  state: Uint8Array | undefined
}

export interface StoredChunk {
  columns: Columns
  tail?: ChunkTail
}

/** Columns by the numbers of their names in the attempt's dictionary. */
export function encodeChunk(slots: Float64Array, columns: Columns, tail: ChunkTail | undefined): Uint8Array {
  const out = createByteWriter(4096)
  putWhole(out, slots.length)
  writeNumbers(out, slots)
  writeColumns(out, columns)
  putByte(out, tail ? 1 : 0)
  if (tail) writeTail(out, tail, new Set(slots))
  return sealBytes(written(out))
}

/** The numbers of the names alone: which part of the dictionary the chunk needs. Throws as `decodeChunk`. */
export function openChunk(sealed: Uint8Array): { slots: Float64Array; input: ByteReader } {
  const input = createByteReader(openBytes(sealed))
  return { slots: readNumbers(input, takeWhole(input)), input }
}

/** The rest of an opened chunk. Throws RangeError, or zlib's Error, when the bytes are not of `encodeChunk`. */
export function decodeChunk(
  slots: Float64Array,
  input: ByteReader,
  segment: number,
  names: readonly string[],
): StoredChunk {
  const columns = readColumns(input, names)
  return takeByte(input) === 0 ? { columns } : { columns, tail: readTail(input, segment, slots, columns) }
}

function writeTail(out: ByteWriter, { progress, names, refused, state }: ChunkTail, own: ReadonlySet<number>): void {
  putWhole(out, names)
  putWhole(out, refused)
  putByte(out, (progress.contiguous ? 1 : 0) + (state ? 2 : 0))
  putPlace(out, progress.first_step)
  putPlace(out, progress.last_step)
  putPlace(out, progress.first_time)
  putPlace(out, progress.last_time)
  for (const name of counts) putWhole(out, progress[name])
  putPlace(out, progress.token_time)
  if (!Number.isNaN(progress.token_time)) putFloat64(out, progress.token_count)
  const earlier = [...progress.latest].filter(([slot]) => !own.has(slot)).sort(([a], [b]) => a - b)
  putWhole(out, earlier.length)
  writeNumbers(
    out,
    Float64Array.from(earlier, ([slot]) => slot),
  )
  writeNumbers(
    out,
    Float64Array.from(earlier, ([, value]) => value),
  )
  if (state) putBytes(out, state)
}

const counts = ['rows', 'points', 'junk_lines', 'junk_kept', 'backward_steps', 'type_changes'] as const

function readTail(input: ByteReader, segment: number, slots: Float64Array, columns: Columns): ChunkTail {
  const names = takeWhole(input)
  const refused = takeWhole(input)
  const flags = takeByte(input)
  const steps = { first_step: takePlace(input), last_step: takePlace(input) }
  const times = { first_time: takePlace(input) ?? Number.NaN, last_time: takePlace(input) ?? Number.NaN }
  const [rows, points, junk_lines, junk_kept, backward_steps, type_changes] = counts.map(() => takeWhole(input)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const token_time = takePlace(input) ?? Number.NaN
  const token_count = Number.isNaN(token_time) ? Number.NaN : takeFloat64(input)
  const earlier = takeWhole(input)
  const [earlierSlots, earlierValues] = [readNumbers(input, earlier), readNumbers(input, earlier)]
  const latest = new Map(Array.from(earlierSlots, (slot, i) => [slot, earlierValues[i] as number]))
  slots.forEach((slot, i) => {
    latest.set(slot, lastOf(columns, i))
  })
  const state = flags & 2 ? takeBytes(input).slice() : undefined
  const contiguous = (flags & 1) === 1
  const totals = { rows, points, junk_lines, junk_kept, backward_steps, type_changes }
  const progress = {
    next_segment: segment + 1,
    ...steps,
    contiguous,
    ...times,
    ...totals,
    token_count,
    token_time,
    latest,
  }
  return { progress, names, refused, state }
}

function lastOf({ columns }: Columns, i: number): number {
  const { values, present } = columns[i] as Columns['columns'][number]
  return values[present ? present.lastIndexOf(1) : values.length - 1] as number
}

/** A step or a time; 0 says that there is none. */
const putPlace = (out: ByteWriter, place: number | null) =>
  putWhole(out, place === null || Number.isNaN(place) ? 0 : place + 1)

function takePlace(input: ByteReader): number | null {
  const place = takeWhole(input)
  return place === 0 ? null : place - 1
}
