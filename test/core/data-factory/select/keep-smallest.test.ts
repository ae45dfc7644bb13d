import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKeeper } from '../../../../core/data-factory/select/keep-smallest.ts'
import { sha256 } from '../../../../core/platform/digest.ts'

describe('createKeeper', () => {
  it('keeps the lowest different ranks of any stream, in order', () => {
    const stream = fc.array(fc.nat({ max: 400 }), { maxLength: 500 })
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 20 }), (values, limit) => {
        const keeper = createKeeper<number>(limit)
        for (const value of values) keeper.add(sha256(String(value)), value)
        const expected = [...new Set(values.map((value) => sha256(String(value))))].sort()
        expect(keeper.finish().map(({ rank }) => rank)).toEqual(expected.slice(0, limit))
        expect(keeper.distinct).toBe(expected.length)
      }),
    )
  })

  it('forgets what can no longer be among the lowest, and nothing else', () => {
    const keeper = createKeeper<number>(50)
    const ranks = Array.from({ length: 1000 }, (_, value) => sha256(String(value)))
    for (const [value, rank] of ranks.entries()) keeper.add(rank, value)
    expect(keeper.finish().map(({ rank }) => rank)).toEqual(ranks.toSorted().slice(0, 50))
    expect(keeper.finish(2)).toHaveLength(2)
    expect(keeper.distinct).toBe(1000)
  })

  it('lets the caller choose between two of one rank', () => {
    const keeper = createKeeper<number>(1, Math.min)
    for (const value of [5, 3, 4]) keeper.add(sha256('same'), value)
    expect(keeper.finish()).toEqual([{ rank: sha256('same'), value: 3 }])
  })
})
