import { type Breach, Fault } from '../platform/fault.ts'
import { arrayBatches } from './array-batches.ts'
import { type Batch, createBatcher, placed } from './batch.ts'
import type { Source } from './byte-source.ts'
import { csvRows, type Delimiter } from './csv-rows.ts'
import type { Compression, ExpansionLimits } from './decompress.ts'
import { lineBatches } from './line-batches.ts'
import { openSource } from './open-source.ts'
import { parquetRows } from './parquet-rows.ts'
import { type Container, delimiterOf, sniffText } from './sniff-container.ts'

export interface OpenedAs {
  container: Container
  compression: Compression | undefined
  /** For people. */
  why: string
}

export interface LineOptions extends ExpansionLimits {
  /** Of text; detected when absent. */
  container?: Exclude<Container, 'parquet'> | undefined
  onOpened?: ((opened: OpenedAs) => void) | undefined
}

/**
 * Any file as batches of about 1 MB of JSON lines, one row each, in bounded memory. JSONL is cut at newlines and JSON arrays at
 * commas, unparsed; CSV and Parquet rows are written as JSON. Fault `invalid` for a file that cannot be cut into rows.
 */
export async function* toLines(source: Source, options: LineOptions = {}): AsyncGenerator<Batch> {
  const opened = await openSource(source, options)
  const { compression } = opened
  if (opened.parquet) {
    options.onOpened?.({ container: 'parquet', compression, why: 'it begins with PAR1' })
    return yield* objectBatches(parquetRows(opened.parquet))
  }
  const sniffed = options.container
    ? { container: options.container, delimiter: delimiterOf(opened.first), why: 'as asked' }
    : sniffText(opened.first)
  options.onOpened?.({ container: sniffed.container, compression, why: sniffed.why })
  if (sniffed.container === 'json') yield* arrayBatches(opened.text)
  else if (sniffed.container === 'csv') yield* csvBatches(opened.text, sniffed.delimiter)
  else yield* lineBatches(opened.text)
}

async function* csvBatches(source: AsyncIterable<Uint8Array>, delimiter: Delimiter): AsyncGenerator<Batch> {
  yield* objectBatches(csvRows(utf8Only(source), delimiter))
}

/** The CSV library would put U+FFFD in the place of what is not UTF-8. */
async function* utf8Only(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let offset = 0
  for await (const piece of source) {
    check(() => decoder.decode(piece, { stream: true }), 'is not valid UTF-8')
    const nul = piece.indexOf(0)
    if (nul !== -1) throw badText(offset + nul, 'is NUL')
    yield piece
    offset += piece.length
  }
  check(() => decoder.decode(), 'is not valid UTF-8')

  function check(decode: () => void, what: string) {
    try {
      decode()
    } catch {
      throw badText(offset, `or one of those behind it ${what}`)
    }
  }
}

function badText(offset: number, what: string): Fault {
  const message = `byte ${offset} of the file ${what}`
  const remedy = 'Save the file as UTF-8.'
  return new Fault('invalid', message, { errors: [{ pointer: '', code: 'bad_text', message, remedy }] })
}

async function* objectBatches(rows: AsyncIterable<{ row: object } | { problems: Breach[] }>): AsyncGenerator<Batch> {
  const batcher = createBatcher('row')
  for await (const each of rows) {
    if ('row' in each) batcher.add(Buffer.from(JSON.stringify(each.row)))
    else {
      const number = batcher.number()
      batcher.addProblem(...each.problems.map((problem) => placed('row', number, problem)))
    }
    if (batcher.isFull()) yield batcher.take()
  }
  if (!batcher.isEmpty()) yield batcher.take()
}
