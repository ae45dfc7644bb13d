import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import {
  type ByteReader,
  type ByteWriter,
  createByteReader,
  createByteWriter,
  putByte,
  putText,
  putWhole,
  reserve,
  take,
  takeByte,
  takeText,
  takeWhole,
  written,
} from './bytes.ts'
import type { Column, Columns } from './columns.ts'
import { readNumbers, writeNumbers } from './encode-numbers.ts'

/** First byte of the encoded form. A form once stored is read for ever. */
const form = 2
const plain = 0
const compressed = 1
/** Bytes that claim to hold more are not ours. */
const maxBytes = 512 * 1024 * 1024
const maxRows = maxBytes / 8

/** Lossless columns with their names, for files. NaN is a value, not an absence, and -0 stays -0. */
export function encodeColumns(columns: Columns): Uint8Array {
  const out = createByteWriter()
  putWhole(out, columns.columns.length)
  for (const { name } of columns.columns) putText(out, name)
  writeColumns(out, columns)
  return sealBytes(written(out))
}

/** What `encodeColumns` made. Throws RangeError, or zlib's Error, when the bytes are not its own. */
export function decodeColumns(bytes: Uint8Array): Columns {
  const input = createByteReader(openBytes(bytes))
  const names: string[] = []
  for (let rest = takeWhole(input); rest > 0; rest--) names.push(takeText(input))
  return readColumns(input, names)
}

/** Steps, times, and of each column its presence and its values. */
export function writeColumns(out: ByteWriter, { steps, times, columns }: Columns): void {
  putWhole(out, steps.length)
  writeNumbers(out, steps)
  writeNumbers(out, times)
  for (const column of columns) writeColumn(out, column)
}

/** Throws RangeError when the bytes are not of `writeColumns`. */
export function readColumns(input: ByteReader, names: readonly string[]): Columns {
  const rows = takeWhole(input)
  if (rows > maxRows) throw new RangeError(`${rows} rows are more than metrics ever have`)
  const steps = readNumbers(input, rows)
  const times = readNumbers(input, rows)
  return { steps, times, columns: names.map((name) => readColumn(input, name, rows)) }
}

/** The form's byte, and the bytes as a zstd frame where that is shorter. */
export function sealBytes(bytes: Uint8Array): Uint8Array {
  const frame = zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } })
  const isShorter = frame.length < bytes.length
  const body = isShorter ? frame : bytes
  const sealed = new Uint8Array(2 + body.length)
  sealed[0] = form
  sealed[1] = isShorter ? compressed : plain
  sealed.set(body, 2)
  return sealed
}

export function openBytes(sealed: Uint8Array): Uint8Array {
  const [first, packing] = sealed
  if (first !== form) throw new RangeError(`metrics of the unknown form ${first}: was another version here before?`)
  const body = sealed.subarray(2)
  return packing === compressed ? zstdDecompressSync(body, { maxOutputLength: maxBytes }) : body
}

function writeColumn(out: ByteWriter, { values, present }: Column): void {
  if (present === undefined) {
    putByte(out, 0)
    writeNumbers(out, values)
    return
  }
  putByte(out, 1)
  const rows = values.length
  const at = reserve(out, Math.ceil(rows / 8))
  const own = new Float64Array(rows)
  let count = 0
  for (let row = 0; row < rows; row++) {
    if (present[row] !== 1) continue
    out.bytes[at + (row >> 3)] = (out.bytes[at + (row >> 3)] as number) | (1 << (row & 7))
    own[count++] = values[row] as number
  }
  writeNumbers(out, own.subarray(0, count))
}

function readColumn(input: ByteReader, name: string, rows: number): Column {
  if (takeByte(input) === 0) return { name, values: readNumbers(input, rows) }
  const at = take(input, Math.ceil(rows / 8))
  const present = new Uint8Array(rows)
  let count = 0
  for (let row = 0; row < rows; row++) {
    const bit = ((input.bytes[at + (row >> 3)] as number) >> (row & 7)) & 1
    present[row] = bit
    count += bit
  }
  const own = readNumbers(input, count)
  const values = new Float64Array(rows)
  for (let row = 0, next = 0; row < rows; row++) if (present[row] === 1) values[row] = own[next++] as number
  return { name, values, present }
}
