import { type RowFormat, rowFormats } from '../../schemas/rows.ts'
import { type Breach, Fault, isFault } from '../platform/fault.ts'
import { breachesOf } from '../platform/parse.ts'
import { readLines } from '../platform/read-lines.ts'

export interface ParsedRow {
  /** In the file as it came: the line of a JSONL file, or the element of a JSON array, from 1. */
  number: number
  /** The canonical row as one line of JSON, keys in schema order. */
  json: string
}

const maxErrors = 100
const maxArrayBytes = 256 * 1024 * 1024

/**
 * Streams canonical rows out of a JSONL file or a JSON array. Without `format`, the first row decides. Reads to the end before
 * it throws, so that Fault `invalid` names every bad row (the first 100, and the count).
 */
export async function* parseRows(
  source: () => AsyncIterable<Uint8Array>,
  format: RowFormat | undefined,
  found: (format: RowFormat) => void = () => {},
): AsyncGenerator<ParsedRow> {
  const errors: Breach[] = []
  let bad = 0
  let good = 0
  let known = format
  const { kind, values } = await open(source)

  for await (const value of values) {
    const at = `/${kind}/${value.number}`
    if (known === undefined && value.error === undefined) {
      known = detect(value.parsed)
      if (known) found(known)
    }
    const breaches = value.error
      ? [{ pointer: at, code: 'bad_json', message: value.error, remedy: 'Write one JSON object per line.' }]
      : check(value.parsed, known, at)
    if (breaches === undefined) {
      good += 1
      if (bad === 0)
        yield { number: value.number, json: JSON.stringify(rowFormats[known as RowFormat].parse(value.parsed)) }
      continue
    }
    bad += 1
    errors.push(...breaches.slice(0, Math.max(0, maxErrors - errors.length)))
  }
  if (bad > 0)
    throw new Fault(
      'invalid',
      `${bad} of ${good + bad} rows are bad; the first is ${errors[0]?.pointer.slice(1).replaceAll('/', ' ')}`,
      { errors },
    )
  if (good === 0)
    throw new Fault('invalid', 'the file holds no rows; give a JSONL file or a JSON array with at least one row')
}

interface Value {
  number: number
  parsed?: unknown
  error?: string
}

async function open(
  source: () => AsyncIterable<Uint8Array>,
): Promise<{ kind: 'lines' | 'rows'; values: AsyncIterable<Value> }> {
  const first = await firstCharacter(source())
  return first === '['
    ? { kind: 'rows', values: arrayValues(source()) }
    : { kind: 'lines', values: lineValues(source()) }
}

async function firstCharacter(source: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  for await (const piece of source) {
    const text = new TextDecoder().decode(piece).trimStart()
    if (text !== '') return text[0]
  }
  return undefined
}

async function* lineValues(source: AsyncIterable<Uint8Array>): AsyncGenerator<Value> {
  for await (const line of readLines(source)) {
    const text = line.number === 1 ? line.text.replace(/^\uFEFF/, '') : line.text
    if (text.trim() === '') continue
    try {
      yield { number: line.number, parsed: JSON.parse(text) }
    } catch (error) {
      yield { number: line.number, error: `line ${line.number} is not JSON: ${(error as Error).message}` }
    }
  }
}

async function* arrayValues(source: AsyncIterable<Uint8Array>): AsyncGenerator<Value> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let bytes = 0
  try {
    for await (const piece of source) {
      bytes += piece.length
      if (bytes > maxArrayBytes)
        throw new Fault('too_large', `a JSON array may have ${maxArrayBytes / 2 ** 20} MB; save larger data as JSONL`)
      text += decoder.decode(piece, { stream: true })
    }
    const rows = JSON.parse(text + decoder.decode()) as unknown[]
    yield* rows.map((parsed, index) => ({ number: index + 1, parsed }))
  } catch (error) {
    if (isFault(error)) throw error
    throw new Fault('invalid', `the file starts like a JSON array but does not parse: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

function detect(value: unknown): RowFormat | undefined {
  const formats = Object.keys(rowFormats) as RowFormat[]
  return formats.find((format) => rowFormats[format].safeParse(value).success)
}

function check(value: unknown, format: RowFormat | undefined, at: string): Breach[] | undefined {
  if (format === undefined) {
    const shapes = Object.entries(rowFormats).map(
      ([name, schema]) => `${name} {${Object.keys(schema.shape).join(', ')}}`,
    )
    return [
      {
        pointer: at,
        code: 'unknown_format',
        message: 'the row fits no known format',
        remedy: `Use one of: ${shapes.join('; ')}.`,
      },
    ]
  }
  const result = rowFormats[format].safeParse(value)
  if (result.success) return undefined
  return breachesOf(result.error.issues).map((breach) => ({
    ...breach,
    pointer: at + breach.pointer,
    message: `${at.slice(1).replace('/', ' ').replace('lines', 'line').replace('rows', 'row')}: ${breach.message}`,
  }))
}
