import { type Row, type RowFormat, rowFormats } from '../../schemas/rows.ts'
import { type Breach, Fault, isFault } from '../platform/fault.ts'
import { breachesOf } from '../platform/parse.ts'
import { decodeLine, splitLines } from '../platform/read-lines.ts'
import { foreignFormat, tellingBytes } from './foreign-format.ts'

export interface ParsedRow {
  /** In the file as it came: the line of a JSONL file, or the element of a JSON array, from 1. */
  number: number
  /** The canonical row as one line of JSON, keys in schema order. */
  json: string
}

const maxErrors = 100
const maxArrayBytes = 256 * 1024 * 1024

/**
 * Streams canonical rows out of a JSONL file or a JSON array. Without `format`, the first row that has the fields of a format
 * decides. Reads to the end before it throws, so that Fault `invalid` names every bad row (the first 100 problems, and the count).
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

  for await (const value of await values(source)) {
    if (known === undefined && value.breach === undefined) {
      known = detect(value.parsed)
      if (known) found(known)
    }
    const checked = value.breach ? [value.breach] : check(value, known)
    if (!Array.isArray(checked)) {
      good += 1
      if (bad === 0) yield { number: value.number, json: JSON.stringify(checked) }
      continue
    }
    bad += 1
    errors.push(...checked.slice(0, maxErrors - errors.length))
  }
  if (bad > 0)
    throw new Fault('invalid', `${bad} of ${good + bad} rows are bad; the first: ${errors[0]?.message}`, { errors })
  if (good === 0)
    throw new Fault('invalid', 'the file holds no rows; give a JSONL file or a JSON array with at least one row')
}

interface Value {
  kind: 'line' | 'row'
  number: number
  parsed?: unknown
  /** Why there is nothing to parse. */
  breach?: Breach
}

async function values(source: () => AsyncIterable<Uint8Array>): Promise<AsyncIterable<Value>> {
  const { bytes, character } = await beginning(source())
  const foreign = foreignFormat(bytes)
  if (foreign) throw new Fault('invalid', foreign.message, { errors: [foreign] })
  return character === '[' ? arrayValues(source()) : lineValues(source())
}

/** The first bytes, and the first character that is not blank. */
async function beginning(source: AsyncIterable<Uint8Array>): Promise<{ bytes: number[]; character?: string }> {
  const decoder = new TextDecoder()
  const bytes: number[] = []
  let text = ''
  for await (const piece of source) {
    bytes.push(...piece.subarray(0, tellingBytes - bytes.length))
    text = (text + decoder.decode(piece, { stream: true })).trimStart()
    if (text !== '' && bytes.length === tellingBytes) break
  }
  return { bytes, ...(text !== '' && { character: text.charAt(0) }) }
}

async function* lineValues(source: AsyncIterable<Uint8Array>): AsyncGenerator<Value> {
  let number = 0
  try {
    for await (const line of splitLines(source)) {
      number = line.number
      const value = lineValue(line.bytes, number)
      if (value) yield value
    }
  } catch (error) {
    const [breach] = isFault(error, 'invalid') ? error.errors : []
    if (!breach) throw error
    yield { kind: 'line', number: number + 1, breach }
  }
}

function lineValue(bytes: Uint8Array, number: number): Value | undefined {
  const place = { kind: 'line', number } as const
  try {
    const decoded = decodeLine(bytes, number)
    const text = number === 1 ? decoded.replace(/^\uFEFF/, '') : decoded
    return text.trim() === '' ? undefined : { ...place, parsed: JSON.parse(text) }
  } catch (error) {
    if (isFault(error)) return { ...place, breach: error.errors[0] as Breach }
    const message = `line ${number} is not JSON: ${(error as Error).message}`
    const remedy = 'Write one JSON object per line.'
    return { ...place, breach: { pointer: `/lines/${number}`, code: 'bad_json', message, remedy } }
  }
}

async function* arrayValues(source: AsyncIterable<Uint8Array>): AsyncGenerator<Value> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let bytes = 0
  let rows: unknown[]
  try {
    for await (const piece of source) {
      bytes += piece.length
      if (bytes > maxArrayBytes)
        throw new Fault('too_large', `a JSON array may have ${maxArrayBytes / 2 ** 20} MB; save larger data as JSONL`)
      text += decoder.decode(piece, { stream: true })
    }
    rows = JSON.parse(text + decoder.decode()) as unknown[]
  } catch (cause) {
    if (isFault(cause)) throw cause
    const message = `the file starts like a JSON array but does not parse: ${(cause as Error).message}`
    const remedy = 'Save it as one JSON array in UTF-8, or as JSONL with one object per line.'
    throw new Fault('invalid', message, { errors: [{ pointer: '', code: 'bad_json', message, remedy }], cause })
  }
  for (const [index, parsed] of rows.entries()) yield { kind: 'row', number: index + 1, parsed }
}

/** The format whose required fields are all there; that they are right, and that there are no others, is for `check`. */
function detect(value: unknown): RowFormat | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const formats = Object.keys(rowFormats) as RowFormat[]
  return formats.find((format) =>
    Object.entries(rowFormats[format].shape).every(
      ([field, schema]) => Object.hasOwn(value, field) || schema.safeParse(undefined).success,
    ),
  )
}

/** The canonical row, or what is wrong with it. */
function check({ kind, number, parsed }: Value, format: RowFormat | undefined): Row | Breach[] {
  const at = `/${kind}s/${number}`
  if (format === undefined) {
    const shapes = Object.entries(rowFormats).map(([name, { shape }]) => `${name} {${Object.keys(shape).join(', ')}}`)
    const message = `${kind} ${number} fits no known format`
    return [{ pointer: at, code: 'unknown_format', message, remedy: `Use one of: ${shapes.join('; ')}.` }]
  }
  const result = rowFormats[format].safeParse(parsed)
  if (result.success) return result.data
  return breachesOf(rowFormats[format], result.error.issues).map((breach) => ({
    ...breach,
    pointer: at + breach.pointer,
    message: `${kind} ${number}${breach.pointer && ` at ${breach.pointer}`}: ${breach.message}`,
  }))
}
