import type { DatasetDiff } from '../../../schemas/dataset.ts'
import type { Distribution } from '../../../schemas/distribution.ts'

export interface MovedStatistic {
  column: string
  statistic: string
  from: number | null
  to: number | null
  /** With its sign, relative where that means something. */
  change: string
}

/** The statistics that differ, column by column. */
export function movedStatistics(columns: DatasetDiff['columns']): MovedStatistic[] {
  return Object.entries(columns).flatMap(([column, { from, to }]) => {
    const before = statisticsOf(from)
    const now = statisticsOf(to)
    return Object.keys(now).flatMap((statistic) => {
      const [left = null, right = null] = [before[statistic], now[statistic]]
      return left === right ? [] : [{ column, statistic, from: left, to: right, change: changeOf(left, right) }]
    })
  })
}

/** The values whose number of rows differs, those that moved most first. */
export function movedTallies(categories: DatasetDiff['categories']) {
  return Object.entries(categories).flatMap(([category, { from, to }]) =>
    [...new Set([...Object.keys(from), ...Object.keys(to)])]
      .map((value) => ({ category, value, from: from[value] ?? 0, to: to[value] ?? 0 }))
      .filter((each) => each.from !== each.to)
      .sort((left, right) => Math.abs(right.to - right.from) - Math.abs(left.to - left.from)),
  )
}

function statisticsOf(distribution: Distribution | null): Record<string, number | null> {
  const { min, max, mean, quantiles, n } = distribution ?? { min: null, max: null, mean: null, quantiles: null, n: 0 }
  return { values: n, min, mean, max, median: quantiles?.p50 ?? null, p95: quantiles?.p95 ?? null }
}

function changeOf(from: number | null, to: number | null): string {
  if (from === null || to === null) return to === null ? 'gone' : 'new'
  const difference = to - from
  const sign = difference > 0 ? '+' : '−'
  if (from === 0) return `${sign}${Number(Math.abs(difference).toPrecision(3))}`
  return `${sign}${Number(Math.abs((100 * difference) / from).toPrecision(3))}%`
}
