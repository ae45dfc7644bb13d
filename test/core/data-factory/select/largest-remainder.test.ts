import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocate } from '../../../../core/data-factory/select/largest-remainder.ts'

const mix = { hotpotqa: 0.45, strategyqa: 0.3, gsm8k: 0.25 }

describe('allocate', () => {
  it('shares the pool and the shadow set out as required', () => {
    expect(allocate(30_000, mix)).toEqual({ hotpotqa: 13_500, strategyqa: 9000, gsm8k: 7500 })
    expect(allocate(245, mix)).toEqual({ hotpotqa: 110, strategyqa: 74, gsm8k: 61 })
    expect(allocate(245, { hotpotqa: 13_500, strategyqa: 9000, gsm8k: 7500 })).toEqual({
      hotpotqa: 110,
      strategyqa: 74,
      gsm8k: 61,
    })
  })

  it('gives what is left of equal remainders to the larger weight, then by name', () => {
    expect(allocate(1, { b: 1, a: 1 })).toEqual({ a: 1, b: 0 })
    expect(allocate(3, { a: 1, b: 1, c: 2 })).toEqual({ a: 1, b: 1, c: 1 })
    expect(allocate(5, { a: 1, b: 3 })).toEqual({ a: 1, b: 4 })
    expect(allocate(2, { a: 1, b: 3 })).toEqual({ a: 0, b: 2 })
  })

  it('gives nothing where no weight is positive', () => {
    expect(allocate(5, { a: 0 })).toEqual({ a: 0 })
    expect(allocate(5, {})).toEqual({})
  })

  it('adds up, stays within one of the quota, and does not depend on the order of the weights', () => {
    const weights = fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.integer({ min: 1, max: 1000 }), { minKeys: 1 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), weights, (n, given) => {
        const shares = allocate(n, given)
        const sum = Object.values(given).reduce((total, weight) => total + weight, 0)
        expect(Object.values(shares).reduce((total, share) => total + share, 0)).toBe(n)
        for (const [name, weight] of Object.entries(given))
          expect(Math.abs((shares[name] as number) - (n * weight) / sum)).toBeLessThan(1 + 1e-6)
        expect(allocate(n, Object.fromEntries(Object.entries(given).reverse()))).toEqual(shares)
      }),
    )
  })
})
