import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { type ColumnType, columnValue, schemaOf } from './column-types.ts'
import type { Fields } from './layouts/layout.ts'

/** A row group is closed at this many rows or bytes of JSON: two copies of it are in memory. */
const groupRows = 10_000
const groupBytes = 32 * 1024 * 1024

/** Rows as a Parquet file (Snappy), a row group at a time. `push` and `end` return the bytes that are ready. */
export function createParquetWriter(types: ReadonlyMap<string, ColumnType>) {
  const bytes = new ByteWriter()
  const writer = new ParquetWriter({ writer: bytes, schema: schemaOf(types), createdBy: 'sluice' })
  let rows: Fields[] = []
  let size = 0

  const flush = (): Uint8Array => {
    const ready = bytes.getBytes().slice()
    bytes.index = 0
    return ready
  }
  const close = () => {
    const columnData = [...types].map(([name, type]) => ({
      name,
      data: rows.map((row) => columnValue(row[name], type)),
    }))
    writer.write({ columnData, rowGroupSize: rows.length })
    rows = []
    size = 0
  }
  return {
    push(row: Fields): Uint8Array | undefined {
      rows.push(row)
      size += weight(row)
      if (rows.length < groupRows && size < groupBytes) return undefined
      close()
      return flush()
    },
    end(): Uint8Array {
      if (rows.length > 0) close()
      writer.finish()
      return flush()
    },
  }
}

/** Characters, roughly. */
function weight(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  return Object.values(value).reduce<number>((sum, each) => sum + weight(each), 8)
}
