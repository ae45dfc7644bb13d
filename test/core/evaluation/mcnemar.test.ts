import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mcnemarExact, pairedInterval } from '../../../core/evaluation/mcnemar.ts'

const count = fc.nat({ max: 1000 })

describe("McNemar's exact test", () => {
  it.each([
    [10, 3, '0.09228515625'],
    [25, 10, '0.0166738478001'],
    [6, 0, '0.03125'],
    [5, 0, '0.0625'],
    [600, 500, '0.00281954499144'],
    [0, 0, '1'],
    [7, 7, '1'],
    [1, 0, '1'],
  ])('of %i against %i is %s', (b, c, expected) => {
    const digits = expected.replace(/^0\.0*/, '').length
    expect(Number(mcnemarExact(b, c).toPrecision(digits))).toBe(Number(expected))
  })

  it('is a probability, and the same from both sides', () => {
    fc.assert(
      fc.property(count, count, (b, c) => {
        const p = mcnemarExact(b, c)
        expect(p).toBe(mcnemarExact(c, b))
        expect(p > 0 && p <= 1).toBe(true)
      }),
    )
  })

  it('falls as one side wins more of the same pairs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 1000 }), fc.nat(), (n, pick) => {
        const smaller = pick % Math.floor(n / 2)
        expect(mcnemarExact(smaller, n - smaller)).toBeLessThanOrEqual(mcnemarExact(smaller + 1, n - smaller - 1))
      }),
    )
  })

  it('agrees with the sum of binomial terms', () => {
    fc.assert(
      fc.property(fc.nat({ max: 40 }), fc.nat({ max: 40 }), (b, c) => {
        let term = 1
        let sum = 0
        for (let i = 0; i <= Math.min(b, c); i++) {
          sum += term
          term = (term * (b + c - i)) / (i + 1)
        }
        expect(mcnemarExact(b, c)).toBeCloseTo(Math.min(1, 2 * sum * 2 ** -(b + c)), 12)
      }),
    )
  })

  it('cannot be significant with fewer than six discordant pairs', () => {
    for (let b = 0; b < 6; b++) expect(mcnemarExact(b, 0)).toBeGreaterThan(0.05)
    expect(mcnemarExact(6, 0)).toBeLessThan(0.05)
  })

  it('stays finite for very many pairs', () => {
    expect(mcnemarExact(1000, 0)).toBe(2 ** -999)
    expect(mcnemarExact(2000, 0)).toBe(0)
    expect(mcnemarExact(20_000, 20_000)).toBe(1)
  })
})

describe('the paired interval', () => {
  it('of 80 won and 52 lost of 1,319 is the reference', () => {
    const [low, high] = pairedInterval(80, 52, 1319)
    expect([low.toFixed(5), high.toFixed(5)]).toEqual(['0.00419', '0.03826'])
    expect((28 / 1319).toFixed(6)).toBe('0.021228')
  })

  it('holds the difference, and turns round with the sides', () => {
    fc.assert(
      fc.property(count, count, count, (b, c, rest) => {
        const n = b + c + rest + 1
        const [low, high] = pairedInterval(b, c, n)
        expect(low).toBeLessThanOrEqual((b - c) / n)
        expect(high).toBeGreaterThanOrEqual((b - c) / n)
        const [otherLow, otherHigh] = pairedInterval(c, b, n)
        expect([-otherHigh, -otherLow]).toEqual([low, high].map((end) => expect.closeTo(end, 12)))
      }),
    )
  })

  it('narrows with more items of the same kind', () => {
    const width = (times: number) => {
      const [low, high] = pairedInterval(8 * times, 5 * times, 100 * times)
      return high - low
    }
    expect(width(4)).toBeCloseTo(width(1) / 2, 12)
  })
})
