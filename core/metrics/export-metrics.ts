import type { MetricsExportRequest } from '../../schemas/metrics.ts'
import { createParquetExport } from './export-parquet.ts'
import { exportedRows } from './export-rows.ts'
import { csvHeader, csvRows, jsonRows } from './export-text.ts'
import type { SeriesReader } from './series-reader.ts'

/**
 * A file of the points, one row per step, in pieces: step, time, attempt and the metrics, with the stage before them when there are
 * several. `onRows` is told how many rows are written so far. Fault `invalid` as `queryMetrics`.
 */
export async function* exportMetrics(
  reader: SeriesReader,
  job: string,
  { format, ...query }: MetricsExportRequest,
  onRows: (rows: number) => void = () => {},
): AsyncGenerator<Uint8Array> {
  const { names, stages, windows } = await exportedRows(reader, job, query)
  const withStage = stages.length > 1
  const own = [...(withStage ? ['stage'] : []), 'step', 'time', 'attempt']
  const fields = [...own, ...columnNames(names)]
  const parquet = format === 'parquet' ? createParquetExport(fields, withStage) : undefined
  let rows = 0
  onRows(rows)
  if (format === 'csv') yield Buffer.from(csvHeader(fields))
  for await (const window of windows()) {
    rows += window.steps.length
    if (parquet) yield parquet.push(window)
    else yield Buffer.from(format === 'csv' ? csvRows(window, withStage) : jsonRows(window, names, withStage))
    onRows(rows)
  }
  if (parquet) yield parquet.end()
}

/** A metric that is called like one of the other columns gets underscores behind its name. */
function columnNames(names: readonly string[]): string[] {
  const taken = new Set(['stage', 'step', 'time', 'attempt', ...names])
  return names.map((name) => {
    if (!['stage', 'step', 'time', 'attempt'].includes(name)) return name
    let own = `${name}_`
    while (taken.has(own)) own += '_'
    taken.add(own)
    return own
  })
}
