import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { createByteReader, createByteWriter } from './bytes.ts'
import type { Columns } from './columns.ts'
import { readNumbers, writeNumbers } from './encode-numbers.ts'

/** First byte of the encoded form. A form once stored is read for ever. */
const form = 1
const allPresent = 0
const somePresent = 1

/**
 * Lossless columns as one zstd frame: how many rows and columns, the names, the steps, then for each column whether it has holes, its
 * presence bitmap when it has, and its present values. NaN is a value, not an absence, and -0 stays -0.
 */
export function encodeColumns(columns: Columns): Uint8Array {
  const out = createByteWriter()
  out.whole(columns.steps.length, 4)
  out.whole(columns.names.length, 4)
  for (const name of columns.names) out.text(name)
  writeNumbers(out, columns.steps)
  for (const column of columns.values) {
    const present = column.filter((value) => value !== undefined)
    if (present.length === column.length) out.byte(allPresent)
    else {
      out.byte(somePresent)
      for (const byte of bitmapOf(column)) out.byte(byte)
    }
    writeNumbers(out, present)
  }
  return Buffer.concat([Uint8Array.of(form), zstdCompressSync(out.done())])
}

/** What `encodeColumns` made. Throws RangeError, or zlib's Error, when the bytes are not its own. */
export function decodeColumns(bytes: Uint8Array): Columns {
  if (bytes[0] !== form)
    throw new RangeError(`metrics of the unknown form ${bytes[0]}: was a newer version here before?`)
  const input = createByteReader(zstdDecompressSync(bytes.subarray(1)))
  const rows = input.whole(4)
  const names = Array.from({ length: input.whole(4) }, () => input.text())
  const steps = readNumbers(input, rows)
  const values = names.map(() => {
    if (input.byte() === allPresent) return readNumbers(input, rows)
    const bitmap = Array.from({ length: Math.ceil(rows / 8) }, () => input.byte())
    const isPresent = Array.from({ length: rows }, (_, row) => ((bitmap[row >> 3] as number) >> (row & 7)) & 1)
    const present = readNumbers(input, isPresent.filter(Boolean).length)
    let next = 0
    return isPresent.map((here) => (here ? present[next++] : undefined))
  })
  return { steps, names, values }
}

function bitmapOf(column: readonly (number | undefined)[]): number[] {
  const bitmap = new Array<number>(Math.ceil(column.length / 8)).fill(0)
  column.forEach((value, row) => {
    if (value !== undefined) bitmap[row >> 3] = (bitmap[row >> 3] as number) | (1 << (row & 7))
  })
  return bitmap
}
