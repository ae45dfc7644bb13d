import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kendallTauB, spearman } from '../../../../core/preflight/shadow/rank-correlation.ts'
import { spearmanInterval } from '../../../../core/preflight/shadow/rank-interval.ts'
import { averageRanks } from '../../../../core/preflight/shadow/ranks.ts'

const x = [1, 2, 2, 3, 4, 4]
const y = [1, 3, 2, 3, 5, 4]

describe('against SciPy', () => {
  it("Spearman's rho with ties", () => {
    expect(spearman(x, y)?.toFixed(12)).toBe('0.940403258592')
  })

  it.each([
    [x, y, '0.889499179993'],
    [[12, 2, 1, 12, 2], [1, 4, 7, 1, 0], '-0.471404520791'],
  ])("Kendall's tau-b with ties: %#", (a, b, tau) => {
    expect(kendallTauB(a, b)?.toFixed(12)).toBe(tau)
  })

  it.each([
    [0.6, 0.51, 0.68],
    [0.75, 0.68, 0.81],
    [0.78, 0.72, 0.83],
  ])('the interval of rho %d at 245 items', (rho, low, high) => {
    expect(spearmanInterval(rho, 245)?.map((bound) => Number(bound.toFixed(2)))).toEqual([low, high])
  })
})

it('equal values share the mean of their ranks', () => {
  expect(averageRanks([30, 10, 20, 20])).toEqual([4, 1, 2.5, 2.5])
  expect(averageRanks([])).toEqual([])
})

describe('what cannot be computed is null', () => {
  it.each([
    ['too few', [1, 2], [1, 2]],
    ['a constant side', [1, 1, 1, 1], [1, 2, 3, 4]],
    ['the other side constant', [1, 2, 3, 4], [2, 2, 2, 2]],
    ['not a number', [1, Number.NaN, 3, 4], [1, 2, 3, 4]],
    ['infinite', [1, 2, 3, 4], [1, 2, 3, Number.POSITIVE_INFINITY]],
    ['different lengths', [1, 2, 3], [1, 2, 3, 4]],
  ])('%s', (_, a, b) => {
    expect([spearman(a, b), kendallTauB(a, b)]).toEqual([null, null])
  })

  it('an interval of nothing, or of three items', () => {
    expect([spearmanInterval(null, 100), spearmanInterval(0.5, 3)]).toEqual([null, null])
    expect(spearmanInterval(1, 10)).toEqual([1, 1])
  })
})

const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), {
  minLength: 3,
  maxLength: 60,
})

it('tau-b is what comparing every pair gives', () => {
  fc.assert(
    fc.property(values, (pairs) => {
      const a = pairs.map(([first]) => first)
      const b = pairs.map(([, second]) => second)
      let concordant = 0
      let untiedA = 0
      let untiedB = 0
      for (let i = 0; i < a.length; i++)
        for (let j = 0; j < i; j++) {
          const [da, db] = [Math.sign((a[i] ?? 0) - (a[j] ?? 0)), Math.sign((b[i] ?? 0) - (b[j] ?? 0))]
          concordant += da * db
          untiedA += da * da
          untiedB += db * db
        }
      const tau = kendallTauB(a, b)
      if (untiedA === 0 || untiedB === 0) expect(tau).toBeNull()
      else expect(tau).toBeCloseTo(concordant / Math.sqrt(untiedA * untiedB), 12)
    }),
  )
})

it('rho of distinct values is 1 - 6 sum(d^2) / (n^3 - n), and turning one side round turns its sign', () => {
  const distinct = fc.uniqueArray(fc.integer(), { minLength: 3, maxLength: 40 })
  fc.assert(
    fc.property(distinct, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (a, stream) => {
      const b = a.map((_, index) => ({ index, key: stream.next().value as number }))
      const order = b.toSorted((one, other) => one.key - other.key || one.index - other.index).map(({ index }) => index)
      const ranksA = averageRanks(a)
      const ranksB = averageRanks(order)
      const squares = ranksA.reduce((sum, rank, i) => sum + (rank - (ranksB[i] ?? 0)) ** 2, 0)
      const n = a.length
      expect(spearman(a, order)).toBeCloseTo(1 - (6 * squares) / (n ** 3 - n), 10)
      expect(
        spearman(
          a,
          order.map((each) => -each),
        ),
      ).toBeCloseTo(-(spearman(a, order) ?? 0), 10)
      expect(kendallTauB(a, a)).toBe(1)
    }),
  )
})

it('tau-b of 100,000 items takes no square of that', () => {
  const a = Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 100_003)
  const started = performance.now()
  expect(
    kendallTauB(
      a,
      a.toReversed().map((value) => -value),
    ),
  ).toBeGreaterThan(-1)
  expect(performance.now() - started).toBeLessThan(5000)
})
