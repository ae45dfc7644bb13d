import { readFileSync } from 'node:fs'
import type * as z from 'zod'
import { formatsOf, type Row, type RowFormat, rowFormats } from '../../schemas/rows.ts'
import type { TrainerSpec } from '../../schemas/trainer-contract.ts'
import { reasonOf } from './exit.ts'
import { pathOf, sha256 } from './files.ts'

/** More bad rows than this are counted, not listed. */
const listed = 20

/** The rows of the spec's dataset in file order. Problems are appended; bad rows are left out. */
export function loadRows(spec: TrainerSpec, problems: string[]): Row[] {
  const { uri, digest, name, rows } = spec.dataset
  let bytes: Buffer
  try {
    bytes = readFileSync(pathOf(uri))
  } catch (error) {
    problems.push(`dataset ${name}: ${uri} cannot be read: ${reasonOf(error)}`)
    return []
  }
  if (sha256(bytes) !== digest) problems.push(`dataset ${name}: the bytes have sha256 ${sha256(bytes)}, not ${digest}`)
  const lines = bytes.toString('utf8').split('\n')
  if (lines.at(-1) === '') lines.pop()
  if (lines.length !== rows) problems.push(`dataset ${name}: ${lines.length} rows, not the ${rows} of the spec`)
  const formats = spec.mode === 'generate' ? (['answer'] as const) : formatsOf[spec.algorithm]
  return collectRows(lines, (line) => parseRow(line, formats), problems)
}

/** Maps rows and reports at most twenty bad ones by row number, from 0, and the count of the rest. */
export function collectRows<In, Out>(
  rows: readonly In[],
  convert: (row: In) => { value: Out } | { problem: string },
  problems: string[],
): Out[] {
  const good: Out[] = []
  let bad = 0
  for (const [index, row] of rows.entries()) {
    const result = convert(row)
    if ('value' in result) good.push(result.value)
    else if (++bad <= listed) problems.push(`row ${index}: ${result.problem}`)
  }
  if (bad > listed) problems.push(`and ${bad - listed} more bad rows`)
  return good
}

function parseRow(line: string, formats: readonly RowFormat[]): { value: Row } | { problem: string } {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return { problem: `not a JSON object: ${line.slice(0, 60)}` }
  }
  const attempts = formats.map((format) => (rowFormats[format] as z.ZodType<Row>).safeParse(json))
  const parsed = attempts.find(({ success }) => success)
  if (parsed?.success) {
    const row = parsed.data
    if ('messages' in row && row.messages.at(-1)!.role !== 'assistant') {
      return { problem: `the last message is from ${row.messages.at(-1)!.role}; it must be the assistant's reply` }
    }
    return { value: row }
  }
  const chosen =
    formats.length > 1 && typeof json === 'object' && json && 'messages' in json ? formats.indexOf('messages') : 0
  const issues = attempts[chosen]!.error!.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`)
  return { problem: `not a row of format ${formats[chosen]}: ${issues.join('; ')}` }
}
