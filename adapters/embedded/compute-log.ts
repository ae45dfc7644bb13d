import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

// Bounds the memory of one call; a tail is read by people.
const TAIL_BYTES = 262_144

/** The last lines of a file, oldest first; empty when there is none. Reads at most 256 KiB from its end. */
export function tailLines(file: string, lines: number): string[] {
  const { text, whole } = readEnd(file)
  const all = text.split('\n')
  if (all.at(-1) === '') all.pop()
  // The first line of a cut text is a part of a line, and may begin inside a character.
  if (!whole) all.shift()
  return lines > 0 ? all.slice(-lines) : []
}

function readEnd(file: string): { text: string; whole: boolean } {
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch {
    return { text: '', whole: true }
  }
  try {
    const { size } = fstatSync(handle)
    const start = Math.max(0, size - TAIL_BYTES)
    const bytes = Buffer.alloc(size - start)
    const read = readSync(handle, bytes, 0, bytes.length, start)
    return { text: bytes.toString('utf8', 0, read), whole: start === 0 }
  } finally {
    closeSync(handle)
  }
}
