import { createHash } from 'node:crypto'
import type { RowFormat } from '../../../schemas/rows.ts'
import { dataKey } from '../../datasets/dataset-store.ts'
import { mend } from '../../datasets/version-files.ts'
import { Fault } from '../../platform/fault.ts'
import type { Blobs } from '../../platform/ports.ts'

export interface RowSource {
  dataset: string
  digest: string
  format: RowFormat
  task?: string
}

export interface SourceBatch {
  /** Whole lines. */
  bytes: Uint8Array
  /** From 1. */
  firstNumber: number
  rows: number
  /** Read from the source so far, this batch included. */
  bytesRead: number
}

const batchBytes = 1024 * 1024
const newline = 10

/**
 * The stored lines of a version in batches of about a megabyte. Fault `corrupt`, after the last, when the bytes are not those that
 * were registered: whoever reads publishes nothing before the end.
 */
export async function* sourceBatches(
  blobs: Pick<Blobs, 'read'>,
  { dataset: name, digest }: Pick<RowSource, 'dataset' | 'digest'>,
): AsyncGenerator<SourceBatch> {
  const hash = createHash('sha256')
  let held: Uint8Array[] = []
  let heldBytes = 0
  let bytesRead = 0
  let firstNumber = 1

  const batch = (bytes: Uint8Array): SourceBatch => {
    const rows = countLines(bytes)
    const made = { bytes, firstNumber, rows, bytesRead: bytesRead - heldBytes }
    firstNumber += rows
    return made
  }
  for await (const piece of blobs.read(dataKey({ name, digest }))) {
    hash.update(piece)
    bytesRead += piece.length
    const end = heldBytes + piece.length < batchBytes ? -1 : piece.lastIndexOf(newline)
    if (end === -1) {
      held.push(piece.slice())
      heldBytes += piece.length
      continue
    }
    const whole = concat([...held, piece.subarray(0, end + 1)])
    held = [piece.slice(end + 1)]
    heldBytes = piece.length - end - 1
    yield batch(whole)
  }
  const rest = concat(held)
  heldBytes = 0
  if (rest.length > 0) yield batch(rest)
  const measured = hash.digest('hex')
  if (measured === digest) return
  throw new Fault(
    'corrupt',
    `the stored rows of ${name}@${digest} have digest ${measured}: they are not those that were registered; ${mend}`,
  )
}

function countLines(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) lines += 1
  return bytes.at(-1) === newline ? lines : lines + 1
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const piece of pieces) {
    all.set(piece, offset)
    offset += piece.length
  }
  return all
}
