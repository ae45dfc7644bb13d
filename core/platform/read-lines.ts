import { Fault } from './fault.ts'

export interface Line {
  /** From 1. */
  number: number
  text: string
}

const newline = 10

/** Splits a stream of bytes into lines of UTF-8 text; CRLF and a missing last newline are fine. Fault `invalid` names a line that is too long or not UTF-8. */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  maxLineBytes = 16 * 1024 * 1024,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let held: Uint8Array[] = []
  let heldBytes = 0
  let number = 0

  const finish = (last: Uint8Array): Line => {
    number += 1
    const bytes = held.length === 0 ? last : concat([...held, last])
    held = []
    heldBytes = 0
    return { number, text: decode(decoder, bytes, number) }
  }

  for await (const piece of source) {
    let start = 0
    for (let end = piece.indexOf(newline); end !== -1; end = piece.indexOf(newline, start)) {
      yield finish(piece.subarray(start, end))
      start = end + 1
    }
    if (start < piece.length) {
      held.push(piece.slice(start))
      heldBytes += piece.length - start
      if (heldBytes > maxLineBytes)
        throw lineFault(number + 1, `is longer than ${maxLineBytes} bytes`, 'Split the row, or remove the blob in it.')
    }
  }
  if (heldBytes > 0) yield finish(new Uint8Array(0))
}

function decode(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array, number: number): string {
  try {
    const text = decoder.decode(bytes)
    return text.endsWith('\r') ? text.slice(0, -1) : text
  } catch (cause) {
    throw lineFault(number, 'is not valid UTF-8', 'Save the file as UTF-8.', cause)
  }
}

function lineFault(number: number, problem: string, remedy: string, cause?: unknown): Fault {
  const message = `line ${number} ${problem}`
  return new Fault('invalid', message, {
    errors: [{ pointer: `/lines/${number}`, code: 'bad_line', message, remedy }],
    cause,
  })
}

function concat(pieces: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    all.set(piece, offset)
    offset += piece.length
  }
  return all
}
