import type { MetricSeries } from '../../schemas/metrics.ts'
import type { Context } from '../context.ts'
import { table } from '../text/table.ts'
import { metric } from '../text/values.ts'

const blocks = '▁▂▃▄▅▆▇█'
const sparkColumns = 24

/** One line per series: its range, its ends and its shape. */
export function metricLines(
  series: readonly MetricSeries[],
  { paint, tableColumns: columns }: Pick<Context, 'paint' | 'tableColumns'>,
): string[] {
  if (series.length === 0) return []
  const ends = (each: MetricSeries) => [each.points[0], each.points.at(-1)] as const
  const extreme = (each: MetricSeries, pick: (...values: number[]) => number) => {
    const values = finite(each)
    return values.length === 0 ? '-' : metric(values.reduce((a, b) => pick(a, b)))
  }
  return table<MetricSeries>(
    [
      { title: 'STAGE', value: (each) => String(each.stage), right: true },
      { title: 'METRIC', value: (each) => each.name },
      { title: 'POINTS', value: (each) => String(each.points.length), right: true },
      {
        title: 'STEPS',
        value: (each) =>
          ends(each)
            .map((point) => point?.[0] ?? '-')
            .join('-'),
        right: true,
      },
      { title: 'FIRST', value: (each) => (each.points[0] ? metric(each.points[0][1]) : '-'), right: true },
      {
        title: 'LAST',
        value: (each) => (ends(each)[1] ? metric(ends(each)[1]?.[1] ?? 'NaN') : '-'),
        right: true,
        tone: (each) => (typeof ends(each)[1]?.[1] === 'string' ? 'bad' : undefined),
      },
      { title: 'MIN', value: (each) => extreme(each, Math.min), right: true },
      { title: 'MAX', value: (each) => extreme(each, Math.max), right: true },
      { title: 'SHAPE', value: (each) => sparkline(each.points.map(([, value]) => value)) },
    ],
    series,
    { paint, columns },
  )
}

/** The mean of each of up to 24 equal parts, as blocks between least and most; `!` where a value is not finite. */
export function sparkline(values: readonly MetricSeries['points'][number][1][]): string {
  const parts = Math.min(sparkColumns, values.length)
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

function finite(series: MetricSeries): number[] {
  return series.points.flatMap(([, value]) => (typeof value === 'number' ? [value] : []))
}
