import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet'
import { compressors as codecs } from 'hyparquet-compressors'
import { type Breach, Fault } from '../platform/fault.ts'
import type { ByteSource } from './byte-source.ts'
import { columnProblems, jsonColumns } from './parquet-columns.ts'
import { plainRow } from './parquet-values.ts'
import { parseJson } from './parse-json.ts'

/** Uncompressed bytes of one row group: it is in memory whole, about three times. */
export const maxRowGroupBytes = 512 * 1024 * 1024
/** Rows of one row group. */
const maxRowGroupRows = 5_000_000
const maxPageBytes = 256 * 1024 * 1024

export type ParquetRow = { row: { [column: string]: unknown } } | { problems: Breach[] }

/**
 * Rows of a Parquet file, one row group in memory at a time. Null is absence; INT64 becomes a number, dates become ISO 8601. Fault
 * `invalid` names columns of types that rows cannot hold, and what is damaged.
 */
export async function* parquetRows(source: ByteSource): AsyncGenerator<ParquetRow> {
  const file = bufferOf(source)
  const metadata = await guarded(file, 'its footer', () => parquetMetadataAsync(file))
  const problems = await guarded(file, 'its schema', async () => columnProblems(metadata))
  if (problems.length > 0)
    throw new Fault(
      'invalid',
      `the Parquet file has ${problems.length} column(s) that rows cannot hold: ${problems[0]?.message}`,
      { errors: problems },
    )
  const asJson = jsonColumns(metadata)

  let rowStart = 0
  for (const [index, group] of metadata.row_groups.entries()) {
    checkSize(group, index, source.size)
    const rowEnd = rowStart + Number(group.num_rows)
    const rows = await guarded(file, `row group ${index + 1}`, () => readGroup(file, metadata, rowStart, rowEnd))
    if (rows.length !== rowEnd - rowStart)
      throw damaged(`row group ${index + 1} has ${rows.length} rows, and its footer says ${rowEnd - rowStart}`)
    for (const row of rows) yield plainRow(row, asJson)
    rowStart = rowEnd
  }
}

function readGroup(file: AsyncBuffer, metadata: FileMetaData, rowStart: number, rowEnd: number) {
  return parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors: guardedCodecs, parsers, utf8: false })
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const parsers = {
  // What is not UTF-8 stays bytes, which are refused with the name of their column.
  stringFromBytes(bytes: Uint8Array) {
    try {
      return bytes && utf8.decode(bytes)
    } catch {
      return bytes
    }
  },
  jsonFromBytes(bytes: Uint8Array) {
    if (!bytes) return undefined
    const parsed = parseJson(utf8.decode(bytes))
    if (parsed.problems) throw new Error(`a JSON value ${parsed.problems[0]?.message}`)
    return parsed.value
  },
}

const guardedCodecs: Compressors = Object.fromEntries(
  Object.entries(codecs).map(([name, codec]) => [
    name,
    (input: Uint8Array, outputLength: number) => {
      if (!(outputLength <= maxPageBytes))
        throw new Error(`a page claims ${outputLength} bytes; ${maxPageBytes} is the most`)
      return codec(input, outputLength)
    },
  ]),
)

/** `failure`: of the source itself, which is no damage of the file. */
function bufferOf(source: ByteSource): AsyncBuffer & { failure?: { error: unknown } } {
  const read = async (start: number, end: number): Promise<ArrayBuffer> => {
    if (!(start >= 0 && end <= source.size && start <= end))
      throw new Error(`bytes ${start} to ${end} lie outside the file`)
    const bytes = await source.slice(start, end).catch((error: unknown) => {
      buffer.failure = { error }
      throw error
    })
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  }
  const buffer: AsyncBuffer & { failure?: { error: unknown } } = {
    byteLength: source.size,
    slice(start, end = source.size) {
      const bytes = read(start < 0 ? source.size + start : start, end)
      // The library reads ahead and forgets what it has asked for: a rejection nobody waits for would end the process.
      bytes.catch(() => {})
      return bytes
    },
  }
  return buffer
}

function checkSize(group: FileMetaData['row_groups'][number], index: number, fileBytes: number): void {
  const bytes = group.columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 0)
  const packed = group.columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_compressed_size ?? 0), 0)
  if (packed > fileBytes) throw damaged(`row group ${index + 1} claims more bytes than the file has`)
  if (bytes <= maxRowGroupBytes && Number(group.num_rows) <= maxRowGroupRows) return
  const message = `row group ${index + 1} of the Parquet file has ${group.num_rows} rows in ${bytes} bytes; ${maxRowGroupRows} rows and ${maxRowGroupBytes} bytes are the most`
  const remedy = 'Write it with smaller row groups, for example pq.write_table(table, path, row_group_size=10000).'
  throw new Fault('too_large', message, { errors: [{ pointer: '', code: 'large_row_group', message, remedy }] })
}

/** Anything that the library throws at damaged bytes. */
async function guarded<Result>(
  file: ReturnType<typeof bufferOf>,
  what: string,
  read: () => Promise<Result>,
): Promise<Result> {
  try {
    return await read()
  } catch (cause) {
    if (file.failure) throw file.failure.error
    throw damaged(`${what} cannot be read: ${(cause as Error).message}`, cause)
  }
}

function damaged(what: string, cause?: unknown): Fault {
  const message = `the Parquet file is damaged or not supported: ${what}`
  const remedy = 'Copy the file again, or write it anew with pyarrow.'
  return new Fault('invalid', message, { errors: [{ pointer: '', code: 'bad_parquet', message, remedy }], cause })
}
