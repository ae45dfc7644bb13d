import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketsOf, stepParts } from '../../../core/metrics/buckets.ts'
import { extendPyramid, type Pyramid } from '../../../core/metrics/pyramid.ts'
import { addExactly, roundedSum } from '../../../core/metrics/pyramid-sum.ts'
import { addValues, createSummary, meanOf } from '../../../core/metrics/pyramid-summary.ts'
import { type Part, pointsInMemory } from '../../../core/metrics/series-part.ts'
import type { Span } from '../../../core/metrics/series-view.ts'
import { MetricBuckets } from '../../../schemas/metrics.ts'
import { exactMean, naiveBuckets, type Point } from './naive-series.ts'

const value = fc.oneof(
  { weight: 8, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 8, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
  { weight: 1, arbitrary: fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324, -0, 1e300, -1e300) },
)
/** Step gaps and values; a gap without a value is a row that lacks the metric. */
const rows = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 5 }), value: fc.option(value, { freq: 6 }) }), {
  minLength: 1,
  maxLength: 900,
  size: 'max',
})

type Row = { step: number; value: number | null }

/** Rows as one part, or as several that begin at these rows. */
function spansOf(given: readonly Row[], cuts: readonly number[]): Span[] {
  const borders = [...new Set([0, ...cuts.map((cut) => cut % given.length), given.length])].sort((a, b) => a - b)
  return borders.slice(1).map((to, i) => {
    const own = given.slice(borders[i], to)
    const present = own.flatMap(({ value }, row) => (value === null ? [] : row))
    const values = Float64Array.from(present, (row) => own[row]?.value as number)
    const points = pointsInMemory(values, present.length === own.length ? undefined : Uint32Array.from(present))
    const part: Part = {
      steps: Float64Array.from(own, ({ step }) => step),
      times: async () => Float64Array.from(own, ({ step }) => 1000 * step),
      names: () => ['m'],
      points: async (name) => (name === 'm' ? points : undefined),
    }
    return { attempt: 1, part, from: 0, to: own.length }
  })
}

const withSteps = (gaps: readonly { gap: number; value: number | null }[]): Row[] => {
  let step = -1
  return gaps.map(({ gap, value }) => {
    step += gap
    return { step, value }
  })
}

describe('buckets', () => {
  it('are those of a slow and simple model: every spike, every NaN, exactly', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 60 }), fc.array(fc.nat()), async (gaps, most, cuts) => {
        const given = withSteps(gaps)
        const spans = spansOf(given, cuts)
        const parts = stepParts(spans, most)
        const points: Point[] = given.flatMap(({ step, value }) =>
          value === null ? [] : { step, time: 1000 * step, value },
        )
        const buckets = parts && (await bucketsOf(spans, 'm', parts))
        if (points.length === 0) {
          expect(buckets).toBeUndefined()
          return
        }
        const expected = naiveBuckets(points, given[0]?.step as number, given.at(-1)?.step as number, most)
        expect({ ...buckets, mean: [] }).toEqual({ ...expected, mean: [] })
        expect(MetricBuckets.parse(buckets).from.length).toBeLessThanOrEqual(most)
        buckets?.mean.forEach((mean, i) => {
          const exact = expected.mean[i] as number
          if (exact === null) expect(mean).toBeNull()
          else expect(Math.abs((mean as number) - exact)).toBeLessThanOrEqual(Math.abs(exact) * 2 ** -51 + 1e-323)
        })
        // To the last bit, however the rows lie in parts.
        const whole = spansOf(given, [])
        expect(buckets).toEqual(await bucketsOf(whole, 'm', parts as NonNullable<typeof parts>))
      }),
      { numRuns: 150 },
    )
  })

  it('answer from whole nodes of the pyramid and at most the values beside them', async () => {
    const values = Float64Array.from({ length: 100_000 }, (_, i) => Math.sin(i))
    const loaded: number[] = []
    const points = pointsInMemory(values, undefined)
    const counting = {
      ...points,
      pyramid: points.pyramid,
      async load(ranges: readonly (readonly [number, number])[]) {
        loaded.push(ranges.reduce((sum, [from, to]) => sum + to - from, 0))
        return points.load(ranges)
      },
    }
    const part: Part = {
      steps: Float64Array.from(values.keys()),
      times: async () => values,
      names: () => ['m'],
      points: async () => counting,
    }
    await bucketsOf([{ attempt: 1, part, from: 0, to: 100_000 }], 'm', { from: 0, to: 99_999, parts: 10 })
    expect(loaded).toHaveLength(1)
    expect(loaded[0]).toBeLessThan(10 * 2 * 64)
  })
})

it('a mean keeps what is small beside numbers that cancel each other out', () => {
  const values = Float64Array.of(1e200, 1e100, 1, -1e200, -1e100)
  const summary = createSummary()
  addValues(summary, values, 0, values.length)
  expect(meanOf(summary)).toBe(0.2)
})

describe('an exact sum', () => {
  const doubles = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e280, max: 1e280 }), {
    minLength: 1,
  })

  it('is the same in any order, and right to the last bit', () => {
    fc.assert(
      fc.property(doubles, fc.nat(), (values, seed) => {
        const sumOf = (list: readonly number[]) => {
          const parts: number[] = []
          for (const each of list) addExactly(parts, each)
          return roundedSum(parts)
        }
        const sum = sumOf(values)
        expect(sumOf(values.toReversed())).toBe(sum)
        const cut = seed % values.length
        expect(sumOf([...values.slice(cut), ...values.slice(0, cut)])).toBe(sum)
        const exact = (exactMean(values) as number) * values.length
        expect(Math.abs(sum - exact)).toBeLessThanOrEqual(Math.abs(exact) * 2 ** -51 + 1e-321)
      }),
    )
    expect(roundedSum([])).toBe(0)
  })

  it('breaks ties to even, by what lies below them', () => {
    const parts: number[] = []
    for (const each of [1, 2 ** -53, 2 ** -106]) addExactly(parts, each)
    expect(roundedSum(parts)).toBe(1 + 2 ** -52)
    addExactly(parts, -(2 ** -106))
    expect(roundedSum(parts)).toBe(1)
  })
})

it('a pyramid that grows is the one made at once', () => {
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 1200, size: 'max' }),
      fc.array(fc.nat(), { maxLength: 5 }),
      (list, cuts) => {
        const values = Float64Array.from(list)
        const grown: Pyramid = []
        for (const count of [...cuts.map((cut) => cut % (list.length + 1)), list.length])
          extendPyramid(grown, values.subarray(0, count), count)
        const once: Pyramid = []
        extendPyramid(once, values, values.length)
        const nodes = (pyramid: Pyramid) =>
          pyramid.map((level) => [level.nodes, level.min.slice(0, level.nodes), level.sum0.slice(0, level.nodes)])
        expect(nodes(grown)).toEqual(nodes(once))
      },
    ),
    { numRuns: 50 },
  )
})
