import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawnLine, isolated } from '../../console/src/charts/line-series.ts'
import { type Line, stepAt, windowOf } from '../../console/src/charts/picture.ts'
import { readoutAt } from '../../console/src/charts/readout.ts'
import { appendValue, emptyBucketed, maxBuckets, toBucketed, type Wire } from '../../console/src/series/bucketed.ts'
import { absentFamilies, chartList } from '../../console/src/series/chart-list.ts'
import { nearestBucket, pan, zoomAbout } from '../../console/src/series/locate.ts'
import { appendRows, metricSetOf } from '../../console/src/series/metric-set.ts'
import { smooth } from '../../console/src/series/smooth.ts'
import { metricFamilies } from '../../schemas/canonical-metrics.ts'

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0)
const wire = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constantFrom<Wire>('NaN', 'Infinity', '-Infinity'),
)

describe('a series that grows', () => {
  it('loses no value, no spike and nothing that is not finite, however often its buckets are merged', () => {
    fc.assert(
      fc.property(fc.array(wire, { minLength: 1, maxLength: 200 }), fc.integer({ min: 1, max: 60 }), (values, gap) => {
        const series = emptyBucketed()
        // Repeated until buckets are merged at least once.
        const rounds = Math.ceil((maxBuckets * 1.2) / values.length)
        let step = 0
        for (let round = 0; round < rounds; round += 1)
          for (const value of values) {
            step += gap
            expect(appendValue(series, step, step, value)).toBe(true)
          }
        const finite = values.filter((each) => typeof each === 'number')
        expect(series.from.length).toBeLessThanOrEqual(maxBuckets)
        expect(sum(series.count)).toBe(rounds * values.length)
        expect(sum(series.nan)).toBe(rounds * values.filter((each) => each === 'NaN').length)
        expect(sum(series.up)).toBe(rounds * values.filter((each) => each === 'Infinity').length)
        expect(sum(series.down)).toBe(rounds * values.filter((each) => each === '-Infinity').length)
        const known = (column: number[]) => column.filter((each) => !Number.isNaN(each))
        if (finite.length > 0) {
          expect(Math.max(...known(series.max))).toBe(Math.max(...finite))
          expect(Math.min(...known(series.min))).toBe(Math.min(...finite))
        } else expect(known(series.mean)).toEqual([])
        expect(series.from.every((from, index) => from > (series.to[index - 1] ?? -1))).toBe(true)
      }),
      { numRuns: 25 },
    )
  })

  it('keeps the mean of all values of a bucket', () => {
    const series = emptyBucketed(4)
    for (const [index, value] of ([1, 2, 'NaN', 6] as Wire[]).entries()) appendValue(series, index, null, value)
    expect([series.mean, series.min, series.max, series.count, series.nan]).toEqual([[3], [1], [6], [4], [1]])
  })

  it('refuses a step that is drawn already', () => {
    const series = emptyBucketed()
    appendValue(series, 5, null, 1)
    expect([appendValue(series, 5, null, 9), appendValue(series, 4, null, 9)]).toEqual([false, false])
    expect(series.mean).toEqual([1])
    const rows = { stage: 0, attempt: 1, steps: [5, 6], times: [null, null], values: { a: [3, 4], b: [null, 7] } }
    const set = new Map([['a', series]])
    expect(appendRows(set, rows)).toBe(1)
    expect([set.get('a')?.mean, set.get('b')?.from]).toEqual([[1, 4], [6]])
  })

  it('goes on behind the buckets of an answer in their width', () => {
    const buckets = {
      from: [0, 10],
      to: [9, 19],
      time: [0, null],
      count: [10, 10],
      min: [1, null],
      max: [3, null],
      mean: [2, null],
      nan: [0, 10],
      positive_infinity: [0, 0],
      negative_infinity: [0, 0],
    }
    const series = toBucketed({ stage: 0, name: 'a', unit: '', points: [], buckets })
    for (let step = 20; step < 40; step += 1) appendValue(series, step, null, 1)
    expect([series.width, series.from, series.count]).toEqual([10, [0, 10, 20, 30], [10, 10, 10, 10]])
    expect(series.mean[1]).toBeNaN()
  })
})

describe('smoothing', () => {
  it('has no bias at its start: a constant stays what it is', () => {
    for (const weight of [0, 0.5, 0.99])
      for (const each of smooth([3, 3, 3, 3], weight)) expect(each).toBeCloseTo(3, 12)
  })
  it('is what TensorBoard draws, and passes over what is not finite', () => {
    const [first, second, third, fourth] = smooth([1, 2, Number.NaN, 4], 0.6) as [number, number, number, number]
    expect(first).toBeCloseTo(1, 12)
    expect(second).toBeCloseTo((0.6 * 0.4 * 1 + 0.4 * 2) / (1 - 0.36), 12)
    expect(third).toBeNaN()
    expect(fourth).toBeCloseTo((0.6 * (0.6 * 0.4 + 0.8) + 1.6) / (1 - 0.216), 12)
  })
})

describe('what is drawn', () => {
  const lineOf = (values: Wire[], change: Partial<Line> = {}): Line => {
    const series = emptyBucketed()
    for (const [index, value] of values.entries()) appendValue(series, index, 1000 * index, value)
    return { key: 'a', label: 'a', series, colour: 0, origin: 0, ...change }
  }
  const plain = { range: undefined, axis: 'step', log: false, smoothing: 0 } as const

  it('marks NaN and Infinity at the top, -Infinity at the bottom, and leaves a gap in the line', () => {
    const drawn = drawnLine(lineOf([1, 'NaN', 2, '-Infinity', 'Infinity']), plain)
    expect(drawn.odd).toEqual([
      [1, 1],
      [3, 0],
      [4, 1],
    ])
    expect(drawn.means.map(([, y]) => Number.isNaN(y))).toEqual([false, true, false, true, true])
    expect([...isolated(drawn.means)]).toEqual([0, 2])
  })

  it('says how many values a log scale cannot show', () => {
    const drawn = drawnLine(lineOf([1, 0, -3, 4]), { ...plain, log: true })
    expect([drawn.notShown, drawn.means.filter(([, y]) => Number.isNaN(y)).length]).toEqual([2, 2])
  })

  it('reaches one bucket over the edges of a range', () => {
    const line = lineOf(Array.from({ length: 100 }, (_, index) => index))
    const [start, end] = windowOf(line.series, { from: 40, to: 50 })
    expect([start <= 40, start >= 38, end >= 51, end <= 53]).toEqual([true, true, true, true])
    expect(windowOf(line.series, undefined)).toEqual([0, 100])
  })

  it('has relative time of its own start, and finds the step of a time', () => {
    const line = lineOf([5, 6, 7], { origin: 1000 })
    expect(drawnLine(line, { ...plain, axis: 'time' }).means.map(([x]) => x)).toEqual([-1, 0, 1])
    expect([stepAt(line, 0, 'time'), stepAt(line, 0.9, 'time'), stepAt(line, 1, 'time')]).toEqual([1, 1, 2])
  })

  it('is read out exactly', () => {
    const { series } = lineOf([0.25, 'NaN', 1e-7])
    expect([0, 1, 2].map((step) => readoutAt(series, step)?.value)).toEqual(['0.25', 'NaN', '1e−7'])
    expect(readoutAt(emptyBucketed(), 3)).toBeUndefined()
  })
})

describe('the charts', () => {
  const names = ['total_loss', 'kl_ref', 'kl_policy', 'tokens_per_second', 'step_time', 'loss_scale']
  it('put neither two units nor the two meanings of KL on one axis', () => {
    const charts = chartList(names, [...metricFamilies], ['loss_scale'])
    expect(charts.map(({ title, unit, metrics }) => [title, unit, metrics.join()])).toEqual([
      ['Loss', '', 'total_loss'],
      ['KL to the reference', 'nats', 'kl_ref'],
      ['KL to the old policy', 'nats', 'kl_policy'],
      ['Throughput', 'tokens/s', 'tokens_per_second'],
      ['Time per step', 's', 'step_time'],
      ['loss_scale', '', 'loss_scale'],
    ])
  })
  it('say what was not logged, and show no family that was not chosen', () => {
    expect(absentFamilies(names, [...metricFamilies])).toEqual(['reward', 'gradient', 'memory'])
    expect(chartList(names, ['loss'], []).map(({ title }) => title)).toEqual(['Loss'])
    expect(metricSetOf([{ stage: 0, name: 'x', unit: '', points: [[1, 2]] }]).get('x')?.mean).toEqual([2])
  })
})

describe('a range', () => {
  const bounds = { from: 0, to: 1000 }
  it('zooms about the step that is pointed at, and is whole again when it is wide enough', () => {
    expect(zoomAbout(bounds, 250, 0.5, bounds)).toEqual({ from: 125, to: 625 })
    expect(zoomAbout({ from: 0, to: 600 }, 300, 2, bounds)).toBeUndefined()
    expect(zoomAbout({ from: 10, to: 12 }, 11, 0.1, bounds)).toEqual({ from: 10, to: 12 })
  })
  it('moves within its bounds', () => {
    expect(pan({ from: 100, to: 300 }, 0.5, bounds)).toEqual({ from: 200, to: 400 })
    expect(pan({ from: 900, to: 990 }, 1, bounds)).toEqual({ from: 910, to: 1000 })
  })
  it('finds the nearest bucket', () => {
    const series = toBucketed({ stage: 0, name: 'a', unit: '', points: [1, 5, 9].map((step) => [step, step]) })
    expect([0, 1, 3, 4, 8, 99].map((step) => nearestBucket(series, step))).toEqual([0, 0, 0, 1, 2, 2])
  })
})
