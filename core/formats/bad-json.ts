import type { Breach } from '../platform/fault.ts'

const lookedAt = 64 * 1024
const strings = /"[^"\\]*(?:\\.[^"\\]*)*"/gs
const perLine = 'Write one JSON object per line.'

const causes: readonly { pattern: RegExp; code: string; what: string; remedy: string }[] = [
  {
    pattern: /\0/,
    code: 'nul_byte',
    what: 'it holds a NUL byte',
    remedy: 'Save the file as UTF-8 text; it may be UTF-16, or damaged.',
  },
  {
    pattern: /\uFEFF/,
    code: 'byte_order_mark',
    what: 'a byte order mark stands inside the file',
    remedy: 'Remove it; it may stand only at the very start. Files that were joined have it.',
  },
  {
    pattern: /\bNaN\b|\bInfinity\b/,
    code: 'not_finite',
    what: 'JSON has no NaN or Infinity',
    remedy: 'Leave the field out, or write the value as text; in Python: json.dumps(row, allow_nan=False).',
  },
  {
    pattern: /\b(?:True|False|None)\b|[{[,:]\s*'/,
    code: 'python_literal',
    what: 'it is written as Python, not as JSON',
    remedy: 'Write it with json.dumps(row).',
  },
  {
    pattern: /,\s*[}\]]/,
    code: 'bad_json',
    what: 'a comma stands before a closing bracket',
    remedy: 'Remove the comma.',
  },
]

/** Why a text is not JSON, with the remedy where the cause is known. */
export function badJson(text: string, { message }: Error): Breach {
  const outside = text.slice(0, lookedAt).replaceAll(strings, '""')
  const cause = causes.find(({ pattern }) => pattern.test(outside))
  if (cause) return { pointer: '', code: cause.code, message: `is not JSON: ${cause.what}`, remedy: cause.remedy }
  const isOpenObject = /^\s*[{[]\s*$/.test(text)
  const remedy = isOpenObject
    ? `${perLine} A file with one row over several lines must be a JSON array.`
    : /^\s*["'\w]/.test(text)
      ? `${perLine} In a CSV file the first line must name its columns, as a row of the format has its fields: prompt, completion.`
      : perLine
  return { pointer: '', code: 'bad_json', message: `is not JSON: ${message}`, remedy }
}
