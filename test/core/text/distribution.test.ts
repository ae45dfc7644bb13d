import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDistribution, exactValues, relativeError } from '../../../core/text/distribution.ts'
import { histogramEdges } from '../../../core/text/histogram-edges.ts'
import { Distribution } from '../../../schemas/distribution.ts'
import { caught } from '../support/caught.ts'

function of(values: Iterable<number>): ReturnType<typeof createDistribution> {
  const distribution = createDistribution()
  for (const value of values) distribution.add(value)
  return distribution
}

/** Uniform in [0, 1), the same each time (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const shares = { p01: 1, p05: 5, p10: 10, p25: 25, p50: 50, p75: 75, p90: 90, p95: 95, p99: 99 } as const
const names = Object.keys(shares) as (keyof typeof shares)[]

/** By definition, in whole numbers: how many of all values must lie at or below, and the first value where they do. */
function exactQuantile(sorted: number[], name: keyof typeof shares): number {
  return sorted[Math.ceil((shares[name] * sorted.length) / 100) - 1] as number
}

const values = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
  { minLength: 1, maxLength: 300 },
)

describe('a distribution', () => {
  it('has the quantiles, the extremes and the mean of the values', () => {
    fc.assert(
      fc.property(values, (given) => {
        const found = Distribution.parse(of(given).toJSON())
        const sorted = given.map((value) => value + 0).sort((a, b) => a - b)
        expect(found.n).toBe(given.length)
        expect([found.min, found.max]).toEqual([sorted[0], sorted.at(-1)])
        for (const name of names) expect(found.quantiles?.[name]).toBe(exactQuantile(sorted, name))
        const mean = sorted.reduce((sum, value) => sum + value / sorted.length, 0)
        const size = Math.max(...sorted.map(Math.abs))
        expect(Math.abs((found.mean as number) - mean)).toBeLessThanOrEqual(1e-9 * size)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('has a histogram whose buckets hold exactly their values', () => {
    fc.assert(
      fc.property(values, (given) => {
        const { edges, counts } = of(given).toJSON().histogram
        expect(edges).toHaveLength(counts.length + 1)
        const last = counts.length - 1
        for (const [i, count] of counts.entries()) {
          const [from, to] = [edges[i] as number, edges[i + 1] as number]
          expect(count).toBe(given.filter((v) => v >= from && (i === last ? v <= to : v < to)).length)
        }
        expect(counts.reduce((sum, count) => sum + count)).toBe(given.length)
        expect(counts.length).toBeLessThanOrEqual(60)
      }),
      { seed: 2, numRuns: 300 },
    )
  })

  it('does not depend on the order of values, nor on how they were shared out and merged', () => {
    fc.assert(
      fc.property(values, fc.nat({ max: 300 }), (given, at) => {
        const whole = of(given).toJSON()
        expect(of(given.toReversed()).toJSON()).toEqual(whole)
        const merged = of(given.slice(0, at))
        merged.merge(of(given.slice(at)))
        expect(merged.toJSON()).toEqual(whole)
      }),
      { seed: 3 },
    )
  })

  it('merges with itself', () => {
    const twice = of([1, 2, 3])
    twice.merge(twice)
    expect(twice.toJSON()).toEqual(of([1, 2, 3, 1, 2, 3]).toJSON())
  })

  it('of nothing says so', () => {
    const nothing = createDistribution()
    nothing.merge(createDistribution())
    const empty = { n: 0, min: null, max: null, mean: null, quantiles: null, histogram: { edges: [], counts: [] } }
    expect(Distribution.parse(nothing.toJSON())).toEqual(empty)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %d', (value) => {
    expect(caught(() => createDistribution().add(value))).toMatchObject({ code: 'invalid' })
  })

  it('survives the largest values there are', () => {
    const found = of([Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE]).toJSON()
    expect(found).toMatchObject({ mean: Number.MAX_VALUE, max: Number.MAX_VALUE })
    expect(of([-Number.MAX_VALUE, Number.MAX_VALUE]).toJSON()).toMatchObject({ mean: 0 })
  })
})

describe('a distribution of more different values than it counts one by one', () => {
  const random = generator(7)
  const shapes: [string, () => number][] = [
    ['uniform', () => random() * 1000],
    ['long-tailed', () => Math.exp(10 * random() ** 2)],
    ['on both sides of zero', () => (random() - 0.5) * 1e6],
    ['tiny', () => random() * 1e-290],
    ['huge', () => (random() - 0.5) * 1e308 * 3],
  ]

  it.each(shapes)('is %s: its quantiles are as close as it says, in bounded memory', (_, next) => {
    const given = Array.from({ length: exactValues + 20_000 }, next)
    const distribution = of(given)
    const found = distribution.toJSON()
    expect(distribution.counts().size).toBeLessThan(exactValues / 5)
    const sorted = given.toSorted((a, b) => a - b)
    for (const name of names) {
      const exact = exactQuantile(sorted, name)
      const off = Math.abs((found.quantiles?.[name] as number) - exact)
      expect(off).toBeLessThanOrEqual(relativeError * Math.abs(exact) * (1 + 1e-9) + 1e-300)
    }
    expect([found.min, found.max]).toEqual([sorted[0], sorted.at(-1)])
    expect(found.histogram.counts.reduce((sum, count) => sum + count)).toBe(given.length)

    const merged = of(given.slice(0, 70_000))
    merged.merge(of(given.slice(70_000)))
    const { mean: _mean, ...rest } = merged.toJSON()
    expect(found).toMatchObject(rest)
  })

  it('is still exact at the limit', () => {
    const given = Array.from({ length: exactValues }, (_, i) => i / 7)
    expect(of(given).toJSON().quantiles?.p99).toBe(exactQuantile(given, 'p99'))
    expect(of(given).counts().size).toBe(exactValues)
  })
})

it.each([
  [[0, 20, 5], Array.from({ length: 21 }, (_, i) => i)],
  [
    [3, 3, 3],
    [3, 3],
  ],
  [
    [0, 5000, 12],
    [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
  ],
  [
    [12, 5000, 40],
    [10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
  ],
  [
    [0.1, 0.4, 0.2],
    [0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.22, 0.24, 0.26, 0.28, 0.3, 0.32, 0.34, 0.36, 0.38, 0.4],
  ],
  [
    [-1e308, 1e308, 0],
    [-1e308, 1e308],
  ],
  [
    [1e300, 1e300 + 1e285, 1e300],
    [1e300, 1e300 + 1e285],
  ],
] as const)('the edges of %j are round: %j', ([min, max, median], edges) => {
  expect(histogramEdges(min, max, median)).toEqual(edges)
})

it.each([
  [
    [0, 4, 2],
    [0, 1, 2, 3, 4, 5],
  ],
  [
    [3, 4, 3],
    [3, 4, 5],
  ],
  [[0, 60, 20], Array.from({ length: 32 }, (_, i) => 2 * i)],
  [
    [0, 5000, 12],
    [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
  ],
] as const)('the edges of whole numbers %j part whole numbers: %j', ([min, max, median], edges) => {
  expect(histogramEdges(min, max, median, true)).toEqual(edges)
})
