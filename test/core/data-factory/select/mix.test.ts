import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocate } from '../../../../core/data-factory/select/largest-remainder.ts'
import { mixSizes } from '../../../../core/data-factory/select/mix.ts'

describe('mixSizes', () => {
  it('takes as many rows as the scarcest task allows', () => {
    expect(mixSizes({ a: 900, b: 100, c: 5 }, { a: 0.5, b: 0.5 })).toEqual({
      n: 201,
      sizes: { a: 101, b: 100 },
      short: ['b'],
      why: '201 rows: there are only 100 of task "b"',
    })
  })

  it('gives the rows asked for, or says what is short', () => {
    expect(mixSizes({ a: 900, b: 100 }, { a: 3, b: 1 }, 80)).toMatchObject({
      n: 80,
      sizes: { a: 60, b: 20 },
      short: [],
    })
    expect(mixSizes({ a: 900, b: 100 }, { a: 1, b: 1 }, 1000).why).toBe(
      '201 rows of the 1000 asked for: there are only 100 of task "b"',
    )
  })

  it('gives nothing when a task of the mix has no rows', () => {
    expect(mixSizes({ a: 900 }, { a: 9, b: 1 })).toMatchObject({ n: 5, sizes: { a: 5, b: 0 } })
    expect(mixSizes({}, {})).toMatchObject({ n: 0, sizes: {} })
  })

  it('is feasible, and one row more of the next sizes is not', () => {
    const task = fc.constantFrom('a', 'b', 'c', 'd')
    const counts = fc.dictionary(task, fc.integer({ min: 0, max: 300 }), { minKeys: 1 })
    const weights = fc.dictionary(task, fc.integer({ min: 1, max: 50 }), { minKeys: 1 })
    fc.assert(
      fc.property(counts, weights, (available, shares) => {
        const fits = (n: number) =>
          Object.entries(allocate(n, shares)).every(([name, size]) => size <= (available[name] ?? 0))
        const { n } = mixSizes(available, shares)
        expect(fits(n)).toBe(true)
        for (let more = n + 1; more <= 1300; more++) expect(fits(more)).toBe(false)
      }),
      { numRuns: 60 },
    )
  })
})
