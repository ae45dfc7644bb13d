import { type Row, type RowFormat, rowFormats } from '../../schemas/rows.ts'
import type { Breach } from '../platform/fault.ts'
import { type Batch, maxProblems, maxRowBytes, placed, tooLong } from './batch.ts'
import { checkRow, fittingRow } from './check-row.ts'
import { type Detected, detectLayout } from './detect-layout.ts'
import { isFields, type Layout } from './layouts/layout.ts'
import type { LayoutName } from './layouts/layout-names.ts'
import { foreignLayouts, layoutOf } from './layouts/layouts.ts'
import { parseJson } from './parse-json.ts'

export interface NumberedRow {
  /** In the file as it came, from 1. */
  number: number
  row: Row
}

export interface ParsedBatch {
  rows: NumberedRow[]
  /** The first 100. */
  problems: Breach[]
  /** Rows with problems. */
  bad: number
  /** Of the first row with a problem; infinite when there is none. */
  firstBad: number
}

export interface ParseOptions {
  /** As detected; from the rows of the batch when one of both is absent. */
  layout?: LayoutName | undefined
  format?: RowFormat | undefined
}

/** The canonical rows of a batch, and what is wrong with the others. Pure and synchronous: what one worker does. */
export function parseBatch(batch: Batch, options: ParseOptions = {}): ParsedBatch {
  const { unit } = batch
  const problems = batch.problems.slice(0, maxProblems)
  const rows: NumberedRow[] = []
  let { bad, firstBad } = batch
  const add = (number: number, found: readonly Breach[]) => {
    bad += 1
    firstBad = Math.min(firstBad, number)
    for (const each of found.slice(0, maxProblems - problems.length)) problems.push(placed(unit, number, each))
  }

  const known = layoutFor(batch, options)
  for (const { number, text, problem } of linesOf(batch)) {
    if (problem) {
      add(number, [problem])
      continue
    }
    const parsed = parseJson(text)
    if (parsed.problems) {
      add(number, parsed.problems)
      continue
    }
    const row = problems.length < maxProblems ? readRow(parsed.value, known) : quickly(parsed.value, known)
    if (Array.isArray(row)) add(number, row)
    else rows.push({ number, row })
  }
  return { rows, problems, bad, firstBad }
}

/** The layout of a batch: of its first 64 rows. */
export function detectBatch(batch: Batch, options: ParseOptions = {}): Detected | undefined {
  const values: unknown[] = []
  for (const { text, problem } of linesOf(batch)) {
    if (values.length === 64) break
    const parsed = problem ? undefined : parseJson(text)
    if (parsed && !parsed.problems) values.push(parsed.value)
  }
  return detectLayout(values, options)
}

interface Known {
  name: LayoutName
  layout: Layout
}

function layoutFor(batch: Batch, options: ParseOptions): Known | undefined {
  const { layout: name, format } = options
  if (name !== undefined && (name !== 'canonical' || format !== undefined))
    return { name, layout: layoutOf(name, format as RowFormat) }
  const found = detectBatch(batch, options)
  if (found) return { name: found.layout, layout: layoutOf(found.layout, found.format) }
  return format && { name: 'canonical', layout: layoutOf('canonical', format) }
}

interface TextLine {
  number: number
  text: string
  problem?: Breach
}

// Without ignoreBOM the decoder would swallow U+FEFF at the start of every line.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The lines that are not blank. */
function* linesOf({ bytes, firstNumber }: Batch): Generator<TextLine> {
  const text = decoded(bytes)
  if (text === undefined) return yield* badlyEncodedLines(bytes, firstNumber)
  let number = firstNumber
  for (let start = 0; start < text.length; number++) {
    const found = text.indexOf('\n', start)
    const end = found === -1 ? text.length : found
    const line = text.slice(start, end)
    start = end + 1
    if (line.length > maxRowBytes) yield { number, text: '', problem: unplaced(tooLong('line', number)) }
    else if (line.trim() !== '') yield { number, text: line }
  }
}

/** Line by line, to name those that are not UTF-8. */
function* badlyEncodedLines(bytes: Uint8Array, firstNumber: number): Generator<TextLine> {
  let number = firstNumber
  for (let start = 0; start < bytes.length; number++) {
    const found = bytes.indexOf(10, start)
    const end = found === -1 ? bytes.length : found
    const line = decoded(bytes.subarray(start, end))
    start = end + 1
    if (line === undefined) yield { number, text: '', problem: notUtf8 }
    else if (line.trim() !== '') yield { number, text: line }
  }
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

const notUtf8: Breach = {
  pointer: '',
  code: 'bad_line',
  message: 'is not valid UTF-8',
  remedy: 'Save the file as UTF-8.',
}

function unplaced(problem: Breach): Breach {
  return { ...problem, pointer: '', message: `is longer than ${maxRowBytes} bytes` }
}

function readRow(value: unknown, known: Known | undefined): Row | Breach[] {
  if (!known) return [unknownFormat(value)]
  const { layout } = known
  if (!isFields(value)) return [notAnObject]
  const read = layout.read(value)
  const row = Array.isArray(read) ? read : checkRow(read, layout.format)
  if (!Array.isArray(row)) return row
  const other = layout.seen(value) === undefined ? detectLayout([value]) : undefined
  return other ? [mixed(known, other)] : row
}

/** The row, without saying what is wrong: nobody would read it. */
function quickly(value: unknown, known: Known | undefined): Row | Breach[] {
  const read = known && isFields(value) ? known.layout.read(value) : []
  return Array.isArray(read) ? [] : (fittingRow(read, (known as Known).layout.format) ?? [])
}

const notAnObject: Breach = {
  pointer: '',
  code: 'invalid_type',
  message: 'is not an object',
  remedy: 'Write each row as one JSON object.',
}

function mixed({ name, layout }: Known, other: Detected): Breach {
  const own = name === 'canonical' ? layout.format : name
  const its = other.layout === 'canonical' ? other.format : other.layout
  const message = `has the fields of ${its}, and the file is read as ${own}`
  return { pointer: '', code: 'mixed_formats', message, remedy: 'Give each format a file of its own.' }
}

function unknownFormat(value: unknown): Breach {
  const formats = Object.entries(rowFormats).map(([name, { shape }]) => `${name} {${Object.keys(shape).join(', ')}}`)
  const layouts = Object.entries(foreignLayouts).map(([name, { shape }]) => `${name} ${shape}`)
  const remedy = `Use one of: ${[...formats, ...layouts].join('; ')}.`
  const has = isFields(value) ? `: it has the fields ${Object.keys(value).slice(0, 12).join(', ')}` : ''
  return { pointer: '', code: 'unknown_format', message: `fits no known format${has}`, remedy }
}
