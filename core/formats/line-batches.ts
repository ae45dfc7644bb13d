import type { Breach } from '../platform/fault.ts'
import { type Batch, batchBytes, maxRowBytes, tooLong } from './batch.ts'

const newline = 10

/** JSONL cut at newlines into batches of about 1 MB, unparsed. A line that is too long is skipped and named, never held. */
export async function* lineBatches(source: AsyncIterable<Uint8Array>): AsyncGenerator<Batch> {
  let pieces: Uint8Array[] = []
  let held = 0
  let number = 1
  let problems: Breach[] = []
  /** Inside a line that is too long. */
  let skipping = false
  /** Of the line at the end of `pieces`. */
  let openBytes = 0

  const batchOf = (bytes: Uint8Array): Batch => {
    const { lines, rows } = count(bytes)
    const bad = problems.length
    // A line that is too long is the first of its batch.
    const firstBad = bad > 0 ? number : Number.POSITIVE_INFINITY
    const batch: Batch = { bytes, unit: 'line', firstNumber: number, rows, problems, bad, firstBad }
    number += lines
    problems = []
    return batch
  }
  const close = () => {
    const bytes = Buffer.concat(pieces)
    pieces = []
    held = 0
    openBytes = 0
    return batchOf(bytes)
  }

  for await (const piece of source) {
    let start = 0
    if (skipping) {
      start = piece.indexOf(newline)
      if (start === -1) continue
      skipping = false
    }
    while (start < piece.length) {
      const cut = piece.indexOf(newline, start + Math.max(0, batchBytes - held))
      if (cut !== -1) {
        pieces.push(piece.slice(start, cut + 1))
        yield close()
        start = cut + 1
        continue
      }
      const rest = piece.slice(start)
      const lastLine = rest.lastIndexOf(newline)
      openBytes = lastLine === -1 ? openBytes + rest.length : rest.length - lastLine - 1
      pieces.push(rest)
      held += rest.length
      start = piece.length
    }
    if (openBytes > maxRowBytes) {
      yield* closeBeforeOpenLine()
      skipping = true
    }
  }
  if (held > 0 || problems.length > 0) yield close()

  /** What is whole goes out; the open line becomes a blank one with a problem. */
  function* closeBeforeOpenLine(): Generator<Batch> {
    const bytes = Buffer.concat(pieces)
    const end = bytes.length - openBytes
    pieces = []
    held = 0
    openBytes = 0
    if (end > 0) yield batchOf(bytes.subarray(0, end))
    problems.push(tooLong('line', number))
  }
}

function count(bytes: Uint8Array): { lines: number; rows: number } {
  let lines = 0
  let rows = 0
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(newline, start)
    const end = found === -1 ? bytes.length : found
    if (!isBlank(bytes, start, end)) rows += 1
    lines += 1
    start = end + 1
  }
  return { lines, rows }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false
  }
  return true
}
