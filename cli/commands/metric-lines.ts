import type { MetricBuckets, MetricSeries } from '../../schemas/metrics.ts'
import type { Context } from '../context.ts'
import { table } from '../text/table.ts'
import { metric, plural } from '../text/values.ts'

export type Value = MetricSeries['points'][number][1]

/** A series in equal parts, with its last value where that is known. */
export interface ShortSeries {
  series: MetricSeries & { buckets: MetricBuckets }
  last?: Value | undefined
}

const blocks = '▁▂▃▄▅▆▇█'
export const sparkColumns = 24

/** One line per series: its range, its extremes and its shape; then a line for each that is not finite throughout. */
export function metricLines(
  short: readonly ShortSeries[],
  { paint, tableColumns: columns }: Pick<Context, 'paint' | 'tableColumns'>,
): string[] {
  if (short.length === 0) return []
  const lines = table<ShortSeries>(
    [
      { title: 'STAGE', value: ({ series }) => String(series.stage), right: true },
      { title: 'METRIC', value: ({ series }) => series.name },
      { title: 'UNIT', value: ({ series }) => series.unit || '-' },
      { title: 'POINTS', value: ({ series }) => String(sum(series.buckets.count)), right: true },
      { title: 'STEPS', value: ({ series: { buckets } }) => `${buckets.from[0]}-${buckets.to.at(-1)}`, right: true },
      {
        title: 'LAST',
        value: ({ last }) => (last === undefined ? '-' : metric(last)),
        right: true,
        tone: ({ last }) => (typeof last === 'string' ? 'bad' : undefined),
      },
      { title: 'MIN', value: ({ series }) => extreme(series.buckets.min, Math.min), right: true },
      { title: 'MAX', value: ({ series }) => extreme(series.buckets.max, Math.max), right: true },
      { title: 'SHAPE', value: ({ series }) => shape(series.buckets) },
    ],
    short,
    { paint, columns },
  )
  return [...lines, ...short.flatMap(({ series }) => brokenLine(series).map((line) => paint('bad', line)))]
}

/** The mean of each of up to `columns` equal parts, as blocks between least and most; `!` where a value is not finite. */
export function sparkline(values: readonly Value[], columns = sparkColumns): string {
  const parts = Math.min(columns, values.length)
  const means = Array.from({ length: parts }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / parts), Math.floor(((i + 1) * values.length) / parts))
    const numbers = part.filter((value) => typeof value === 'number')
    return numbers.length < part.length ? Number.NaN : numbers.reduce((a, b) => a + b, 0) / numbers.length
  })
  const known = means.filter((mean) => !Number.isNaN(mean))
  const least = Math.min(...known)
  const range = Math.max(...known) - least
  const block = (mean: number) => blocks[range === 0 ? 0 : Math.min(7, Math.floor((8 * (mean - least)) / range))]
  return means.map((mean) => (Number.isNaN(mean) ? '!' : block(mean))).join('')
}

/** A series in parts as a sparkline: one block for each part, `!` where one holds a value that is not finite. */
export function shape(buckets: MetricBuckets): string {
  const values = buckets.mean.map((mean, i) => (mean === null || oddIn(buckets, i) > 0 ? 'NaN' : mean))
  return sparkline(values, Math.max(sparkColumns, Math.min(values.length, 80)))
}

/** The mean of the newest part; what is not finite there stands for all of it. null: there is no part. */
export function newestMean(buckets: MetricBuckets): Value | null {
  const end = buckets.count.length - 1
  if (end < 0 || oddIn(buckets, end) === 0) return buckets.mean[end] ?? null
  if ((buckets.nan[end] ?? 0) > 0) return 'NaN'
  return (buckets.positive_infinity[end] ?? 0) > 0 ? 'Infinity' : '-Infinity'
}

/** Says loudly how many values are not finite, and where the first of them is. */
export function brokenLine({ stage, name, buckets }: ShortSeries['series'], job?: string): string[] {
  const first = buckets.count.findIndex((_, i) => oddIn(buckets, i) > 0)
  if (first < 0) return []
  const kinds: [counted: readonly number[], kind: string][] = [
    [buckets.nan, 'NaN'],
    [buckets.positive_infinity, 'Infinity'],
    [buckets.negative_infinity, '-Infinity'],
  ]
  const counts = kinds.flatMap(([counted, kind]) => (sum(counted) > 0 ? [`${sum(counted)} ${kind}`] : []))
  const of = plural(sum(buckets.count), 'value')
  const steps =
    buckets.from[first] === buckets.to[first]
      ? `at step ${buckets.from[first]}`
      : `in steps ${buckets.from[first]}-${buckets.to[first]}`
  const whose = job === undefined ? '' : `${job} `
  return [`! ${whose}stage ${stage} ${name}: not finite: ${counts.join(', ')} of ${of}, first ${steps}`]
}

function oddIn(buckets: MetricBuckets, i: number): number {
  return (buckets.nan[i] ?? 0) + (buckets.positive_infinity[i] ?? 0) + (buckets.negative_infinity[i] ?? 0)
}

function extreme(values: readonly (number | null)[], pick: (...values: number[]) => number): string {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? '-' : metric(known.reduce((a, b) => pick(a, b)))
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)
