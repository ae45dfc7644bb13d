import { Fault } from './fault.ts'

export interface Line {
  /** From 1. */
  number: number
  text: string
}

const newline = 10

/** Splits a stream of bytes into lines of UTF-8 text; CRLF and a missing last newline are fine. Fault `invalid` names a line that is too long or not UTF-8. */
export async function* readLines(source: AsyncIterable<Uint8Array>, maxLineBytes?: number): AsyncGenerator<Line> {
  for await (const { number, bytes } of splitLines(source, maxLineBytes))
    yield { number, text: decodeLine(bytes, number) }
}

/** The bytes between newlines, `number` from 1. Fault `invalid` for a line that is too long. */
export async function* splitLines(
  source: AsyncIterable<Uint8Array>,
  maxLineBytes = 16 * 1024 * 1024,
): AsyncGenerator<{ number: number; bytes: Uint8Array }> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let number = 1

  const hold = (piece: Uint8Array) => {
    held.push(piece)
    heldBytes += piece.length
    if (heldBytes > maxLineBytes)
      throw lineFault(number, `is longer than ${maxLineBytes} bytes`, 'Split the row, or remove the blob in it.')
  }
  const finish = () => {
    const line = { number, bytes: held.length === 1 ? (held[0] as Uint8Array) : concat(held) }
    held = []
    heldBytes = 0
    number += 1
    return line
  }

  for await (const piece of source) {
    let start = 0
    for (let end = piece.indexOf(newline); end !== -1; end = piece.indexOf(newline, start)) {
      hold(piece.subarray(start, end))
      yield finish()
      start = end + 1
    }
    // Copied, because a source may reuse its buffer for the next piece.
    if (start < piece.length) hold(piece.slice(start))
  }
  if (heldBytes > 0) yield finish()
}

// Without ignoreBOM the decoder would swallow U+FEFF at the start of every line.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a line without its carriage return. Fault `invalid` when it is not UTF-8. */
export function decodeLine(bytes: Uint8Array, number: number): string {
  try {
    const text = utf8.decode(bytes)
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
