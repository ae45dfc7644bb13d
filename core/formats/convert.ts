import type { Source } from './byte-source.ts'
import { createColumnTypes } from './column-types.ts'
import { compressed } from './compress.ts'
import type { Compression } from './decompress.ts'
import type { LayoutName } from './layouts/layout-names.ts'
import type { ReadOptions } from './read-rows.ts'
import type { Container } from './sniff-container.ts'
import { createColumns, csvHeader, csvLines } from './write-csv.ts'
import { createParquetWriter } from './write-parquet.ts'
import { type WriteOptions, writtenRows } from './written-rows.ts'

export interface ConvertOptions extends Omit<ReadOptions, 'layout' | 'container'> {
  /** Detected when absent. */
  from?: LayoutName | undefined
  to: LayoutName
  container: Container
  compression?: Compression | undefined
  onNotes?: WriteOptions['onNotes']
  onRows?: WriteOptions['onRows']
}

/**
 * A file in another layout and container, as a stream of bytes in bounded memory. CSV and Parquet read the file twice, first for the
 * columns. Fault `invalid` names every row that cannot be read or written; what came out before it is no whole file.
 */
export function convert(source: Source, options: ConvertOptions): AsyncIterable<Uint8Array> {
  const { from, container, compression, ...rest } = options
  const bytes = writers[container](source, { ...rest, layout: from })
  return compression ? compressed(bytes, compression) : bytes
}

const writers: { [container in Container]: (source: Source, options: WriteOptions) => AsyncGenerator<Uint8Array> } = {
  jsonl: toJsonl,
  json: toJsonArray,
  csv: toCsv,
  parquet: toParquet,
}

async function* toJsonl(source: Source, options: WriteOptions): AsyncGenerator<Uint8Array> {
  for await (const rows of writtenRows(source, options))
    yield Buffer.from(rows.map(({ value }) => `${JSON.stringify(value)}\n`).join(''))
}

async function* toJsonArray(source: Source, options: WriteOptions): AsyncGenerator<Uint8Array> {
  let before = '[\n'
  for await (const rows of writtenRows(source, options)) {
    if (rows.length === 0) continue
    yield Buffer.from(before + rows.map(({ value }) => JSON.stringify(value)).join(',\n'))
    before = ',\n'
  }
  yield Buffer.from('\n]\n')
}

async function* toCsv(source: Source, options: WriteOptions): AsyncGenerator<Uint8Array> {
  const columns = createColumns()
  for await (const rows of writtenRows(source, options)) columns.add(rows)
  yield Buffer.from(csvHeader(columns.names()))
  for await (const rows of writtenRows(source, quiet(options))) yield Buffer.from(csvLines(rows, columns.names()))
}

async function* toParquet(source: Source, options: WriteOptions): AsyncGenerator<Uint8Array> {
  const types = createColumnTypes()
  for await (const rows of writtenRows(source, options)) for (const { value } of rows) types.add(value)
  const writer = createParquetWriter(types.types())
  for await (const rows of writtenRows(source, quiet(options)))
    for (const { value } of rows) {
      const ready = writer.push(value)
      if (ready) yield ready
    }
  yield writer.end()
}

/** The second time, everything has been said. */
function quiet(options: WriteOptions): WriteOptions {
  return { ...options, onOpened: undefined, onDetected: undefined, onNotes: undefined, onRows: undefined }
}
