import type { Column } from './columns.ts'
import { checkQuery, namesAsked } from './query-check.ts'
import type { MetricQuery } from './query-metrics.ts'
import { inNameOrder, storedNames } from './query-names.ts'
import { viewsOf } from './query-views.ts'
import type { SeriesReader } from './series-reader.ts'
import { createStageSeries } from './series-stage.ts'
import { namesOf, type Span } from './series-view.ts'

/** Values of a window: about so many are in memory at once. */
const windowValues = 500_000
const maxWindowRows = 16_384

/** Some consecutive rows of one attempt, each with at least one value. */
export interface RowWindow {
  stage: number
  attempt: number
  steps: Float64Array
  /** Epoch milliseconds; NaN where it is not known. */
  times: Float64Array
  /** One per name of the export; undefined where none of the rows has the metric. */
  columns: (Column | undefined)[]
}

export interface ExportedRows {
  names: string[]
  /** Of stages that have rows. */
  stages: number[]
  windows(): AsyncGenerator<RowWindow>
}

/** The rows that a query asks for, by stage in step order. */
export async function exportedRows(reader: SeriesReader, job: string, query: MetricQuery): Promise<ExportedRows> {
  const { stages } = await viewsOf(reader, job, query, checkQuery(query))
  const filled = stages.filter(({ spans }) => spans.length > 0)
  const found = new Set<string>()
  for (const { spans, attempts } of filled) {
    const names = await storedNames(reader.platform.metrics, namesAsked(query), namesOf(spans), attempts)
    for (const name of names) found.add(name)
  }
  const names = inNameOrder(found)
  return {
    names,
    stages: filled.map(({ stage }) => stage),
    async *windows() {
      if (names.length === 0) return
      for (const { stage, spans } of filled)
        for (const span of windowsOf(spans, names.length)) {
          const window = await readWindow(stage, span, names)
          if (window.steps.length > 0) yield window
        }
    },
  }
}

function* windowsOf(spans: readonly Span[], columns: number): Generator<Span> {
  const rows = Math.max(1, Math.min(maxWindowRows, Math.floor(windowValues / columns)))
  for (const span of spans)
    for (let from = span.from; from < span.to; from += rows) yield { ...span, from, to: Math.min(span.to, from + rows) }
}

async function readWindow(stage: number, span: Span, names: readonly string[]): Promise<RowWindow> {
  const series = await createStageSeries([span])
  const columns: (Column | undefined)[] = []
  for (const name of names) columns.push(await series.column(name))
  const { steps, times } = series
  return withoutEmptyRows({ stage, attempt: span.attempt, steps, times, columns })
}

/** Rows that have none of the metrics are left out. */
function withoutEmptyRows(window: RowWindow): RowWindow {
  const { steps, times, columns } = window
  const isFull = columns.some((column) => column !== undefined && column.present === undefined)
  if (isFull) return window
  const rows = Uint32Array.from(steps.keys()).filter((row) => columns.some((column) => column?.present?.[row] === 1))
  if (rows.length === steps.length) return window
  const pick = (numbers: Float64Array) => Float64Array.from(rows, (row) => numbers[row] as number)
  return {
    ...window,
    steps: pick(steps),
    times: pick(times),
    columns: columns.map((column) => column && pickRows(column, rows)),
  }
}

const pickRows = ({ name, values, present }: Column, rows: Uint32Array): Column => ({
  name,
  values: Float64Array.from(rows, (row) => values[row] as number),
  ...(present && { present: Uint8Array.from(rows, (row) => present[row] as number) }),
})
