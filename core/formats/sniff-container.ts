import type { Delimiter } from './csv-rows.ts'

export type Container = 'jsonl' | 'json' | 'csv' | 'parquet'

/** Columns by which a first line is taken for the header of a CSV file. */
const telling = new Set([
  ...['prompt', 'completion', 'messages', 'chosen', 'rejected', 'answer', 'question', 'instruction', 'output', 'text'],
  ...['conversations', 'label', 'rationale', 'data_source', 'reward_model'],
])

export interface Sniffed {
  container: Exclude<Container, 'parquet'>
  delimiter: Delimiter
  why: string
}

/** What text is, by its first bytes: `[` opens a JSON array, `{` JSONL; a line of known column names is a CSV header. */
export function sniffText(first: Uint8Array): Sniffed {
  const text = new TextDecoder().decode(first).trimStart()
  if (text.startsWith('[')) return { container: 'json', delimiter: ',', why: 'it begins with [' }
  if (text.startsWith('{')) return { container: 'jsonl', delimiter: ',', why: 'it begins with {' }
  const header = headerOf(text)
  if (!header)
    return { container: 'jsonl', delimiter: ',', why: 'it begins with neither [ nor {, nor with a CSV header' }
  const why = `its first line names the columns ${header.known.join(', ')}`
  return { container: 'csv', delimiter: header.delimiter, why }
}

/** The delimiter that splits the first line into the most known names; a comma when none is known. */
export function delimiterOf(first: Uint8Array): Delimiter {
  return headerOf(new TextDecoder().decode(first).trimStart())?.delimiter ?? ','
}

function headerOf(text: string): { delimiter: Delimiter; known: string[] } | undefined {
  const [line = ''] = text.split(/\r?\n|\r/, 1)
  const found = ([',', '\t', ';'] as const)
    .map((delimiter) => ({ delimiter, known: namesIn(line, delimiter).filter((name) => telling.has(name)) }))
    .sort((a, b) => b.known.length - a.known.length)[0]
  return found && found.known.length > 0 ? found : undefined
}

function namesIn(line: string, delimiter: Delimiter): string[] {
  return line.split(delimiter).map((cell) => {
    const [name = ''] = cell
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .split('.')
    return name
  })
}
