import type { Breach } from '../platform/fault.ts'
import { arrayBatches } from './array-batches.ts'
import { type Batch, createBatcher, placed } from './batch.ts'
import type { Source } from './byte-source.ts'
import { csvRows, type Delimiter } from './csv-rows.ts'
import type { Compression, ExpansionLimits } from './decompress.ts'
import { lineBatches } from './line-batches.ts'
import { openSource } from './open-source.ts'
import { parquetRows } from './parquet-rows.ts'
import { type Container, delimiterOf, sniffText } from './sniff-container.ts'
import { utf8Only } from './utf8-only.ts'

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
