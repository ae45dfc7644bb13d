import { createProgress } from './advance.ts'
import { createBlock, isFull, takeRows } from './advance-block.ts'
import type { LogLine } from './append-rows.ts'
import { has } from './columns.ts'
import { createNameBook, type NameBook } from './names-book.ts'
import { beginSegment, createLineParser, type Junk, type LineParser, parseLines, parseRest } from './parse-lines.ts'

const maxJunk = 100

/**
 * Rows of a metrics file in any of the accepted forms, by the trainer's own names, and its first junk lines. Of a file that is still
 * being written (`whole: false`) a half-written last line is left: `consumed` is the place behind the last whole one.
 */
export function parseMetricLines(
  bytes: Uint8Array,
  { whole }: { whole: boolean },
): { lines: LogLine[]; junk: Junk[]; junk_lines: number; consumed: number } {
  const book = createNameBook()
  const parser = createLineParser(createProgress(), book, createBlock())
  beginSegment(parser, maxJunk)
  const lines: LogLine[] = []
  let consumed = parseLines(parser, bytes, 0)
  for (; isFull(parser.block); consumed = parseLines(parser, bytes, consumed)) addLines(lines, parser, book)
  if (whole) {
    parseRest(parser, bytes.subarray(consumed))
    consumed = bytes.length
  }
  addLines(lines, parser, book)
  return { lines, junk: parser.junk, junk_lines: parser.progress.junk_lines, consumed }
}

function addLines(lines: LogLine[], { block }: LineParser, book: NameBook): void {
  const { slots, columns } = takeRows(block, book)
  const logged = columns.columns.flatMap((column, i) => {
    const entry = book.entries[slots[i] as number]
    return entry === undefined || entry.derived ? [] : { ...column, native: entry.native }
  })
  columns.steps.forEach((step, row) => {
    const own = logged.filter((column) => has(column, row))
    const data = Object.fromEntries(own.map(({ native, values }) => [native, values[row] as number]))
    lines.push({ step, time: columns.times[row] as number, data })
  })
}
