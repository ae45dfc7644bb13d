import { beginRow, endRow, keepRow, type Progress } from './advance.ts'
import { type Block, isFull, setValue } from './advance-block.ts'
import type { NameBook } from './names-book.ts'
import { parseRow } from './parse-row.ts'
import { createMatch, type Match, matchLine, type Template, templateOf } from './parse-template.ts'

/** A longer line is junk. Bounds the memory of a file without line ends. */
export const maxLineBytes = 1024 * 1024
const maxTemplates = 8
const sampleCharacters = 200

export interface Junk {
  line: number
  reason: string
  text: string
}

/** Reads lines of one attempt into a block. */
export interface LineParser {
  progress: Progress
  book: NameBook
  block: Block
  /** Lines of the segment that were read. */
  lines: number
  /** The first junk lines of the segment, as many as are to be kept. */
  junk: Junk[]
  maxJunk: number
  /** Inside a line that is too long. */
  skips: boolean
  templates: Template[]
  newest: number
  match: Match
}

export function createLineParser(progress: Progress, book: NameBook, block: Block): LineParser {
  const templates = { templates: [], newest: 0, match: createMatch() }
  return { progress, book, block, lines: 0, junk: [], maxJunk: 0, skips: false, ...templates }
}

/** Begins a segment, of whose junk lines so many are kept. */
export function beginSegment(parser: LineParser, maxJunk: number): void {
  parser.lines = 0
  parser.junk = []
  parser.maxJunk = maxJunk
  parser.skips = false
}

/** Reads a whole file. Stops whenever the block is full, and goes on when the caller has emptied it. */
export async function* parsePieces(parser: LineParser, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<void> {
  let rest: Uint8Array = new Uint8Array()
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let at = 0
    for (;;) {
      at = parseLines(parser, bytes, at)
      if (!isFull(parser.block)) break
      yield
    }
    rest = bytes.subarray(skipLong(parser, bytes, at))
  }
  parseRest(parser, rest)
}

/** Reads whole lines from `from` on until the block is full or no whole line is left; returns where it stopped. */
export function parseLines(parser: LineParser, bytes: Uint8Array, from: number): number {
  let at = from
  while (!isFull(parser.block)) {
    const end = bytes.indexOf(10, at)
    if (end === -1) break
    parseLine(parser, bytes, at, end)
    at = end + 1
  }
  return at
}

/** Reads what stands behind the last line end: a line too, when it is whole. */
export function parseRest(parser: LineParser, rest: Uint8Array): void {
  if (rest.length > 0 || parser.skips) parseLine(parser, rest, 0, rest.length)
}

/** Gives up a line that is too long already; returns from where on bytes are still needed. */
function skipLong(parser: LineParser, bytes: Uint8Array, from: number): number {
  if (parser.skips) return bytes.length
  // A line's end and a byte order mark do not count: whether a line is junk must not depend on where pieces end.
  if (bytes.length - from <= maxLineBytes + 4) return from
  parser.lines += 1
  parser.skips = true
  addJunk(parser, bytes.subarray(from), `longer than ${maxLineBytes} bytes`)
  return bytes.length
}

function parseLine(parser: LineParser, bytes: Uint8Array, start: number, stop: number): void {
  if (parser.skips) {
    parser.skips = false
    return
  }
  parser.lines += 1
  const from = parser.lines === 1 && hasByteOrderMark(bytes, start) ? start + 3 : start
  const end = stop > from && bytes[stop - 1] === 13 ? stop - 1 : stop
  if (end - from > maxLineBytes) {
    addJunk(parser, bytes.subarray(from, end), `longer than ${maxLineBytes} bytes`)
    return
  }
  if (!matchTemplates(parser, bytes, from, end)) parseSlowly(parser, bytes, from, end)
}

/** The template that fitted last comes first. */
function matchTemplates(parser: LineParser, bytes: Uint8Array, from: number, end: number): boolean {
  const { templates, match } = parser
  for (let i = 0; i < templates.length; i++) {
    const which = (parser.newest + i) % templates.length
    const template = templates[which] as Template
    if (!matchLine(match, template, bytes, from, end)) continue
    parser.newest = which
    keepMatch(parser, template)
    return true
  }
  return false
}

function keepMatch({ progress, book, block, match }: LineParser, { slots, roles }: Template): void {
  beginRow(progress, block, match.step, match.time)
  const before = block.points
  const { values } = match
  for (let i = 0; i < roles.length; i++) {
    const slot = slots[i] as number
    if (slot >= 0) setValue(block, slot, values[i] as number)
  }
  endRow(progress, book, block, before)
}

function parseSlowly(parser: LineParser, bytes: Uint8Array, from: number, end: number): void {
  const line = bytes.subarray(from, end)
  if (isBlank(line)) return
  const row = parseRow(line)
  if (typeof row === 'string') {
    addJunk(parser, line, row)
    return
  }
  const { progress, book, block } = parser
  const names = book.entries.length
  keepRow(progress, book, block, row)
  // A template leaves out what was no metric: a new metric may be among that.
  if (book.entries.length > names) parser.templates = []
  addTemplate(parser, templateOf(book, bytes, from, end))
}

function addTemplate(parser: LineParser, template: Template | undefined): void {
  if (template === undefined) return
  const { templates, match } = parser
  parser.newest = templates.length < maxTemplates ? templates.length : (parser.newest + 1) % maxTemplates
  templates[parser.newest] = template
  if (match.values.length < template.roles.length) match.values = new Float64Array(2 * template.roles.length)
}

function addJunk(parser: LineParser, line: Uint8Array, reason: string): void {
  parser.progress.junk_lines += 1
  if (parser.junk.length >= parser.maxJunk) return
  parser.progress.junk_kept += 1
  // Four bytes are the longest character.
  const text = new TextDecoder().decode(line.subarray(0, 4 * sampleCharacters))
  parser.junk.push({ line: parser.lines, reason, text: text.slice(0, sampleCharacters).toWellFormed() })
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 32 || byte === 9 || byte === 13)
}

const hasByteOrderMark = (bytes: Uint8Array, at: number) =>
  bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf
