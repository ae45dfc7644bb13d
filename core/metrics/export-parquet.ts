import type { SchemaElement } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { type Column, has } from './columns.ts'
import type { RowWindow } from './export-rows.ts'

/** Rows as a Parquet file (Snappy), a row group per window. What is absent is null, NaN is NaN. `push` and `end` return what is ready. */
export function createParquetExport(fields: readonly string[]) {
  const metrics = fields.slice(4)
  const bytes = new ByteWriter()
  const writer = new ParquetWriter({ writer: bytes, schema: schemaOf(metrics), createdBy: 'sluice' })

  const ready = (): Uint8Array => {
    const given = bytes.getBytes().slice()
    bytes.index = 0
    return given
  }
  return {
    push(window: RowWindow): Uint8Array {
      const { stage, attempt, steps, times, columns } = window
      const rows = steps.length
      const columnData = [
        { name: 'stage', data: new Int32Array(rows).fill(stage) },
        { name: 'step', data: Array.from(steps, BigInt) },
        { name: 'time', data: Array.from(times, timeOf) },
        { name: 'attempt', data: new Int32Array(rows).fill(attempt) },
        // A dictionary would make 0 of -0.
        ...metrics.map((name, i) => ({ name, data: valuesOf(columns[i], rows), encoding: 'PLAIN' as const })),
      ]
      writer.write({ columnData, rowGroupSize: rows })
      return ready()
    },
    end(): Uint8Array {
      writer.finish()
      return ready()
    },
  }
}

function schemaOf(metrics: readonly string[]): SchemaElement[] {
  const columns: SchemaElement[] = [
    { name: 'stage', type: 'INT32', repetition_type: 'REQUIRED' },
    { name: 'step', type: 'INT64', repetition_type: 'REQUIRED' },
    {
      name: 'time',
      type: 'INT64',
      converted_type: 'TIMESTAMP_MILLIS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
      repetition_type: 'OPTIONAL',
    },
    { name: 'attempt', type: 'INT32', repetition_type: 'REQUIRED' },
    ...metrics.map((name) => ({ name, type: 'DOUBLE', repetition_type: 'OPTIONAL' }) as const),
  ]
  return [{ name: 'root', num_children: columns.length }, ...columns]
}

function valuesOf(column: Column | undefined, rows: number): (number | null)[] {
  const values = new Array<number | null>(rows).fill(null)
  column?.values.forEach((value, row) => {
    if (has(column, row)) values[row] = value
  })
  return values
}

const timeOf = (time: number): bigint | null => (Number.isFinite(time) ? BigInt(Math.round(time)) : null)
