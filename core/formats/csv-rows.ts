import { CsvError, parse } from 'csv-parse'
import { type Breach, Fault } from '../platform/fault.ts'
import { maxRowBytes } from './batch.ts'
import { readCell } from './csv-cells.ts'
import { through } from './through.ts'

export type Delimiter = ',' | ';' | '\t'

export type CsvRow = { row: { [column: string]: unknown } } | { problems: Breach[] }

interface Record {
  record: string[]
  info: { lines: number }
}

/** Rows of a CSV file with a header row (RFC 4180), streamed. Fault `invalid` names the line of what cannot be cut into cells. */
export async function* csvRows(source: AsyncIterable<Uint8Array>, delimiter: Delimiter): AsyncGenerator<CsvRow> {
  const options = { delimiter, bom: true, info: true, skip_empty_lines: true, max_record_size: maxRowBytes } as const
  let columns: string[] | undefined
  try {
    for await (const { record } of through<Record>(source, parse(options))) {
      if (columns) yield rowOf(columns, record)
      else columns = checkedHeader(record)
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    throw badCsv(cause)
  }
}

function checkedHeader(columns: string[]): string[] {
  const names = columns.map((name) => name.trim())
  const problems: Breach[] = []
  names.forEach((name, i) => {
    const column = `column ${i + 1}`
    if (name === '') problems.push(headerProblem(`${column} of the header has no name`, 'Name every column.'))
    else if (name.split('.').includes('__proto__'))
      problems.push(headerProblem(`${column} is called "${name}"`, 'Rename the column.'))
    else if (names.indexOf(name) < i)
      problems.push(headerProblem(`"${name}" is the name of two columns`, 'Rename or remove one of them.'))
    else if (names.some((other) => other.startsWith(`${name}.`)))
      problems.push(
        headerProblem(
          `"${name}" is a column, and another lies inside it ("${name}. ...")`,
          'Keep one of the two forms.',
        ),
      )
  })
  if (problems.length > 0)
    throw new Fault('invalid', `the CSV header is wrong: ${problems[0]?.message}`, { errors: problems })
  return names
}

/** Dotted columns nest; an empty cell is no field. */
function rowOf(columns: string[], record: string[]): CsvRow {
  const row: { [column: string]: unknown } = {}
  const problems: Breach[] = []
  columns.forEach((column, i) => {
    const text = record[i] as string
    if (text === '') return
    const path = column.split('.')
    const last = path.pop() as string
    let place = row
    for (const part of path) {
      place[part] ??= {}
      place = place[part] as { [column: string]: unknown }
    }
    const cell = path.length === 0 ? readCell(column, text) : { value: text }
    if ('problems' in cell) problems.push(...cell.problems)
    else place[last] = cell.value
  })
  return problems.length > 0 ? { problems } : { row }
}

const remedies: { [code: string]: string } = {
  CSV_QUOTE_NOT_CLOSED: 'Close the quote; a quote inside a quoted cell is written twice.',
  CSV_INVALID_CLOSING_QUOTE: 'Write a quote inside a quoted cell twice.',
  INVALID_OPENING_QUOTE: 'Quote the whole cell, and write the quotes in it twice.',
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: 'Give every row as many cells as the header has; quote cells with commas.',
  CSV_MAX_RECORD_SIZE: 'Look for a quote that is not closed above it, or split the row.',
}

function badCsv(error: CsvError): Fault {
  const line = Number((error as { lines?: unknown }).lines ?? 0)
  const message = `line ${line} is not CSV: ${error.message}`
  const remedy = remedies[error.code] ?? 'Save the file as CSV with a header row, quoted as RFC 4180 says.'
  return new Fault('invalid', message, {
    errors: [{ pointer: `/lines/${line}`, code: 'bad_csv', message, remedy }],
    cause: error,
  })
}

function headerProblem(message: string, remedy: string): Breach {
  return { pointer: '/lines/1', code: 'bad_header', message, remedy }
}
