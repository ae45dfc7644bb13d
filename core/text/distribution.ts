import type { Distribution } from '../../schemas/distribution.ts'
import { Fault } from '../platform/fault.ts'
import { histogramEdges } from './histogram-edges.ts'

/** Past this many different values, values that are nearly equal are counted as one. */
export const exactValues = 100_000
/** How far a quantile then lies from the true one at most, relative to it. */
export const relativeError = 0.005

export interface DistributionBuilder {
  /** Fault `invalid` for NaN and the infinities. */
  add(value: number): void
  /** Adds what another one has seen. */
  merge(other: DistributionBuilder): void
  toJSON(): Distribution
  /** Value -> how often, for `merge`. */
  counts(): ReadonlyMap<number, number>
}

/**
 * How values are spread, streaming. Exact up to 100,000 different values; beyond, each value counts as the middle of a bucket that
 * is 1 % wide (Masson, Rim, Lee: DDSketch, VLDB 2019), so that quantiles are at most 0.5 % off. The order of values and merges
 * changes nothing but the last digits of a sketched mean.
 */
export function createDistribution(): DistributionBuilder {
  let counts = new Map<number, number>()
  let sketched = false
  let [n, min, max, sum] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]

  function count(value: number, times: number): void {
    const key = sketched ? middleOf(value) : value
    counts.set(key, (counts.get(key) ?? 0) + times)
    if (!sketched && counts.size > exactValues) sketch()
  }
  function sketch(): void {
    sketched = true
    const exact = counts
    counts = new Map()
    for (const [value, times] of exact) count(value, times)
  }
  function seen(least: number, most: number, total: number, times: number): void {
    n += times
    min = Math.min(min, least)
    max = Math.max(max, most)
    sum += total
  }

  return {
    add(value) {
      if (!Number.isFinite(value)) throw new Fault('invalid', `a distribution takes finite numbers, not ${value}`)
      // As JSON has it: no -0.
      const number = value === 0 ? 0 : value
      seen(number, number, number, 1)
      count(number, 1)
    },
    merge(other) {
      const { n: times, min: least, max: most, mean } = other.toJSON()
      if (least === null || most === null || mean === null) return
      seen(least, most, mean * times, times)
      for (const [value, often] of [...other.counts()]) count(value, often)
    },
    counts: () => counts,
    toJSON() {
      if (n === 0) return { n, min: null, max: null, mean: null, quantiles: null, histogram: { edges: [], counts: [] } }
      const sorted = [...counts]
        .sort(([a], [b]) => a - b)
        .map(([value, times]) => [clamp(value, min, max), times] as const)
      const mean = clamp(sketched ? sum / n : exactMean(sorted, n), min, max)
      return { n, min, max, mean, quantiles: quantilesOf(sorted, n), histogram: histogramOf(sorted, { n, min, max }) }
    },
  }
}

type Counted = readonly (readonly [value: number, times: number])[]

const shares = { p01: 0.01, p05: 0.05, p10: 0.1, p25: 0.25, p50: 0.5, p75: 0.75, p90: 0.9, p95: 0.95, p99: 0.99 }

function quantilesOf(sorted: Counted, n: number): NonNullable<Distribution['quantiles']> {
  // A hair less: 0.07 * 100 must not ask for the eighth value.
  const entries = Object.entries(shares).map(([name, share]) => [name, quantileOf(sorted, share * n * (1 - 1e-12))])
  return Object.fromEntries(entries) as Record<keyof typeof shares, number>
}

/** The least value with at least so many values at or below it. */
function quantileOf(sorted: Counted, many: number): number {
  let left = Math.ceil(many)
  for (const [value, times] of sorted) {
    left -= times
    if (left <= 0) return value
  }
  return (sorted.at(-1) as Counted[number])[0]
}

function histogramOf(
  sorted: Counted,
  { n, min, max }: { n: number; min: number; max: number },
): Distribution['histogram'] {
  const whole = sorted.every(([value]) => Number.isSafeInteger(value))
  const edges = histogramEdges(min, max, quantileOf(sorted, 0.5 * n), whole)
  const counts = new Array<number>(edges.length - 1).fill(0)
  let at = 0
  for (const [value, times] of sorted) {
    while (at < counts.length - 1 && value >= (edges[at + 1] as number)) at += 1
    counts[at] = (counts[at] as number) + times
  }
  return { edges, counts }
}

/** Shares first: a sum of large values would overflow. */
function exactMean(sorted: Counted, n: number): number {
  const total = sorted.reduce((sum, [value, times]) => sum + value * times, 0)
  return Number.isFinite(total) ? total / n : sorted.reduce((sum, [value, times]) => sum + value * (times / n), 0)
}

const base = (1 + relativeError) / (1 - relativeError)
const logBase = Math.log(base)

/** Of the bucket (base^(k-1), base^k] that holds the value: at most `relativeError` from each of them. */
function middleOf(value: number): number {
  const size = Math.abs(value)
  // The least numbers have too few digits for a middle.
  if (size < 1e-300) return value === 0 ? 0 : Math.sign(value) * 1e-300
  // From the lower edge: the upper one of the largest numbers would be infinite.
  const middle = base ** (Math.ceil(Math.log(size) / logBase) - 1) * ((2 * base) / (base + 1))
  return Math.sign(value) * Math.min(middle, Number.MAX_VALUE)
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
