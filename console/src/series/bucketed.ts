import type { MetricSeries } from '../../../schemas/metrics.ts'

export type Wire = MetricSeries['points'][number][1]

/** One metric in step order, by column. `mean`, `min` and `max` are of the finite values, NaN where there is none. */
export interface Bucketed {
  /** Steps per bucket of what is appended. */
  width: number
  from: number[]
  to: number[]
  /** Epoch milliseconds of the first value; NaN: not known. */
  time: number[]
  count: number[]
  min: number[]
  max: number[]
  mean: number[]
  nan: number[]
  up: number[]
  down: number[]
}

/** More buckets than this are drawn by no screen: pairs are merged. */
export const maxBuckets = 2400

export function emptyBucketed(width = 1): Bucketed {
  return { width, from: [], to: [], time: [], count: [], min: [], max: [], mean: [], nan: [], up: [], down: [] }
}

/** Of an answer, be it of points or of buckets. */
export function toBucketed(series: MetricSeries): Bucketed {
  const { buckets } = series
  if (!buckets) {
    const made = emptyBucketed()
    series.points.forEach(([step, value], index) => {
      appendValue(made, step, series.times?.[index] ?? null, value)
    })
    return made
  }
  const known = (values: (number | null)[]) => values.map((value) => value ?? Number.NaN)
  const widest = buckets.from.reduce((most, from, index) => Math.max(most, (buckets.to[index] ?? from) - from + 1), 1)
  return {
    width: buckets.count.every((count) => count === 1) ? 1 : widest,
    from: [...buckets.from],
    to: [...buckets.to],
    time: known(buckets.time),
    count: [...buckets.count],
    min: known(buckets.min),
    max: known(buckets.max),
    mean: known(buckets.mean),
    nan: [...buckets.nan],
    up: [...buckets.positive_infinity],
    down: [...buckets.negative_infinity],
  }
}

/** Adds a value behind the last one; false when its step is not behind: that step is drawn already. */
export function appendValue(series: Bucketed, step: number, time: number | null, wire: Wire): boolean {
  const last = series.from.length - 1
  if (last >= 0 && step <= (series.to[last] ?? -1)) return false
  const isSameBucket =
    last >= 0 && Math.floor((series.from[last] ?? 0) / series.width) === Math.floor(step / series.width)
  if (isSameBucket) addInto(series, last, step, numberOf(wire))
  else {
    push(series, step, time, numberOf(wire))
    if (series.from.length > maxBuckets) halve(series)
  }
  return true
}

export function numberOf(wire: Wire): number {
  if (typeof wire === 'number') return wire
  if (wire === 'NaN') return Number.NaN
  return wire === 'Infinity' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
}

/** Half as many buckets at most, each twice as wide; no spike and no NaN is lost. */
export function halve(series: Bucketed): void {
  const before = { ...series }
  const made = emptyBucketed(series.width * 2)
  before.from.forEach((from, index) => {
    const last = made.from.length - 1
    const isSame = last >= 0 && Math.floor((made.from[last] ?? 0) / made.width) === Math.floor(from / made.width)
    if (isSame) mergeInto(made, last, before, index)
    else copyInto(made, before, index)
  })
  Object.assign(series, made)
}

function push(series: Bucketed, step: number, time: number | null, value: number): void {
  const finite = Number.isFinite(value) ? value : Number.NaN
  series.from.push(step)
  series.to.push(step)
  series.time.push(time ?? Number.NaN)
  series.count.push(1)
  for (const column of [series.min, series.max, series.mean]) column.push(finite)
  series.nan.push(Number.isNaN(value) ? 1 : 0)
  series.up.push(value === Number.POSITIVE_INFINITY ? 1 : 0)
  series.down.push(value === Number.NEGATIVE_INFINITY ? 1 : 0)
}

function addInto(series: Bucketed, at: number, step: number, value: number): void {
  const one = emptyBucketed()
  push(one, step, null, value)
  mergeInto(series, at, one, 0)
}

function copyInto(made: Bucketed, from: Bucketed, index: number): void {
  for (const key of columns) made[key].push(from[key][index] ?? Number.NaN)
}

function mergeInto(made: Bucketed, at: number, from: Bucketed, index: number): void {
  const [left, right] = [finiteCount(made, at), finiteCount(from, index)]
  const pick = (key: Column, choose: (a: number, b: number) => number) => {
    const [a, b] = [made[key][at] ?? Number.NaN, from[key][index] ?? Number.NaN]
    made[key][at] = Number.isNaN(a) ? b : Number.isNaN(b) ? a : choose(a, b)
  }
  pick('mean', (a, b) => (a * left + b * right) / (left + right))
  pick('min', Math.min)
  pick('max', Math.max)
  made.to[at] = from.to[index] ?? Number.NaN
  for (const key of ['count', 'nan', 'up', 'down'] as const)
    made[key][at] = (made[key][at] ?? 0) + (from[key][index] ?? 0)
}

const columns = ['from', 'to', 'time', 'count', 'min', 'max', 'mean', 'nan', 'up', 'down'] as const
type Column = (typeof columns)[number]

function finiteCount({ count, nan, up, down }: Bucketed, at: number): number {
  return (count[at] ?? 0) - (nan[at] ?? 0) - (up[at] ?? 0) - (down[at] ?? 0)
}
