import type { Breach } from '../platform/fault.ts'
import { pointer } from '../platform/parse.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
type Path = readonly (string | number)[]

/** A row as JSON has it, without nulls; or the values that JSON cannot hold, by column and type. */
export function plainRow(
  row: { [column: string]: unknown },
  asJson: ReadonlySet<string>,
): { row: { [column: string]: unknown } } | { problems: Breach[] } {
  const problems: Breach[] = []
  const plain: { [column: string]: unknown } = {}
  for (const [column, value] of Object.entries(row)) {
    if (value === undefined || value === null) continue
    plain[column] = asJson.has(column) ? value : plainValue(value, [column], problems)
  }
  return problems.length > 0 ? { problems } : { row: plain }
}

function plainValue(value: unknown, path: Path, problems: Breach[]): unknown {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : refuse(path, `the number ${value}`, problems)
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : refuse(path, `the INT64 ${value}, which would change`, problems)
  }
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? refuse(path, 'a date out of range', problems) : value.toISOString()
  if (value instanceof Uint8Array) return textOf(value) ?? refuse(path, 'bytes that are not UTF-8 text', problems)
  if (ArrayBuffer.isView(value)) return plainList(Array.from(value as unknown as Iterable<unknown>), path, problems)
  if (Array.isArray(value)) return plainList(value, path, problems)
  if (typeof value !== 'object' || value === null) return refuse(path, `a value of type ${typeof value}`, problems)
  const plain: { [key: string]: unknown } = {}
  for (const [key, each] of Object.entries(value)) {
    if (key === '__proto__') refuse([...path, key], 'a reserved name', problems)
    else if (each !== null && each !== undefined) plain[key] = plainValue(each, [...path, key], problems)
  }
  return plain
}

/** Nulls in a list keep their place. */
function plainList(list: unknown[], path: Path, problems: Breach[]): unknown[] {
  return list.map((each, i) => (each === null || each === undefined ? null : plainValue(each, [...path, i], problems)))
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

function refuse(path: Path, what: string, problems: Breach[]): undefined {
  const message = `holds ${what}`
  problems.push({
    pointer: pointer(path),
    code: 'unsupported_value',
    message,
    remedy: 'Cast the column to text or remove it.',
  })
  return undefined
}
