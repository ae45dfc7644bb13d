import type { MetricsExportRequest } from '../../schemas/metrics.ts'
import { createParquetExport } from './export-parquet.ts'
import { exportedRows } from './export-rows.ts'
import { csvHeader, csvRows, jsonRows } from './export-text.ts'
import type { SeriesReader } from './series-reader.ts'

const placeColumns = ['stage', 'step', 'time', 'attempt']

/**
 * A file of the points, one row per step, in pieces: stage, step, time, attempt and the metrics. `onRows` is told how many rows are written so far. Fault `invalid` as `queryMetrics`.
 */
export async function* exportMetrics(
  reader: SeriesReader,
  job: string,
  { format, ...query }: MetricsExportRequest,
  onRows: (rows: number) => void = () => {},
): AsyncGenerator<Uint8Array> {
  const { names, windows } = await exportedRows(reader, job, query)
  const fields = [...placeColumns, ...columnNames(names)]
  const parquet = format === 'parquet' ? createParquetExport(fields) : undefined
  let rows = 0
  onRows(rows)
  if (format === 'csv') yield Buffer.from(csvHeader(fields))
  for await (const window of windows()) {
    rows += window.steps.length
    if (parquet) yield parquet.push(window)
    else yield Buffer.from(format === 'csv' ? csvRows(window) : jsonRows(window, names))
    onRows(rows)
  }
  if (parquet) yield parquet.end()
}

/** A metric that is called like one of the other columns gets underscores behind its name. */
function columnNames(names: readonly string[]): string[] {
  const taken = new Set([...placeColumns, ...names])
  return names.map((name) => {
    if (!placeColumns.includes(name)) return name
    let own = `${name}_`
    while (taken.has(own)) own += '_'
    taken.add(own)
    return own
  })
}
