import { Fault } from '../platform/fault.ts'

const newline = 10

/** The same bytes. Fault `invalid` names the first line that is not UTF-8 or holds NUL: the CSV library would put U+FFFD there. */
export async function* utf8Only(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  /** Of the piece before, when a character began there and did not end. */
  let open: Uint8Array = new Uint8Array()
  for await (const piece of source) {
    if (!holds(() => decoder.decode(piece, { stream: true })))
      throw badText(line + firstBadLine(Buffer.concat([open, piece])), 'is not valid UTF-8')
    const nul = piece.indexOf(0)
    if (nul !== -1) throw badText(line + count(piece.subarray(0, nul)), 'holds a NUL byte')
    line += count(piece)
    open = openCharacter(piece.length < 4 ? Buffer.concat([open, piece]) : piece)
    yield piece
  }
  if (!holds(() => decoder.decode())) throw badText(line, 'is not valid UTF-8')
}

/** How many lines before the first bad one. */
function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let lines = 0
  for (let start = 0; start < bytes.length; lines++) {
    const found = bytes.indexOf(newline, start)
    // The last line may go on: a character that is cut there is not bad.
    if (found === -1) return lines
    if (!holds(() => decoder.decode(bytes.subarray(start, found)))) return lines
    start = found + 1
  }
  return lines
}

/** The last bytes, when they begin a character of several and may not end it. */
function openCharacter(bytes: Uint8Array): Uint8Array {
  for (let at = bytes.length - 1; at >= Math.max(0, bytes.length - 3); at--) {
    const byte = bytes[at] as number
    if (byte >= 0xc0) return bytes.slice(at)
    if (byte < 0x80) break
  }
  return new Uint8Array()
}

function holds(decode: () => unknown): boolean {
  try {
    decode()
    return true
  } catch {
    return false
  }
}

function count(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) lines += 1
  return lines
}

function badText(line: number, what: string): Fault {
  const message = `line ${line} ${what}`
  const remedy = 'Save the file as UTF-8.'
  return new Fault('invalid', message, { errors: [{ pointer: `/lines/${line}`, code: 'bad_text', message, remedy }] })
}
