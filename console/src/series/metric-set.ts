import type { LiveMetrics } from '../../../schemas/live.ts'
import type { MetricSeries } from '../../../schemas/metrics.ts'
import { appendValue, type Bucketed, emptyBucketed, toBucketed } from './bucketed.ts'

/** The metrics of one stage by name. */
export type MetricSet = Map<string, Bucketed>

export function metricSetOf(series: readonly MetricSeries[]): MetricSet {
  return new Map(series.map((each) => [each.name, toBucketed(each)]))
}

/** Appends what a stream brought; counts the values that were behind what is drawn already. */
export function appendRows(set: MetricSet, rows: LiveMetrics): number {
  let late = 0
  for (const [name, values] of Object.entries(rows.values)) {
    const series = set.get(name) ?? emptyBucketed()
    set.set(name, series)
    values.forEach((value, index) => {
      const step = rows.steps[index]
      if (value === null || step === undefined) return
      if (!appendValue(series, step, rows.times[index] ?? null, value)) late += 1
    })
  }
  return late
}

/** Appends the points of an answer to `after=`. */
export function appendSeries(set: MetricSet, answered: readonly MetricSeries[]): number {
  let late = 0
  for (const { name, points, times } of answered) {
    const series = set.get(name) ?? emptyBucketed()
    set.set(name, series)
    points.forEach(([step, value], index) => {
      if (!appendValue(series, step, times?.[index] ?? null, value)) late += 1
    })
  }
  return late
}

/** Records and values drawn: a record is a step with at least one value, as the metric that was logged most often counts them. */
export function countRecords(set: MetricSet): { records: number; values: number } {
  const counts = [...set.values()].map(({ count }) => count.reduce((sum, each) => sum + each, 0))
  return { records: Math.max(0, ...counts), values: counts.reduce((sum, each) => sum + each, 0) }
}
