import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { balanceTask, bucketNames, bucketSizes } from '../../../../core/data-factory/select/balance.ts'

const target = { easy: 0.25, medium: 0.45, hard: 0.3 }

function rowsOf(easy: number, medium: number, hard: number) {
  const buckets = Uint8Array.from([...Array(easy).fill(0), ...Array(medium).fill(1), ...Array(hard).fill(2)])
  return { rows: Uint32Array.from(buckets.keys()), bucketOf: (row: number) => buckets[row] as number }
}

const share = fc.integer({ min: 1, max: 100 })
const anyTarget = fc.tuple(share, share, share).map(([easy, medium, hard]) => {
  const sum = easy + medium + hard
  return { easy: easy / sum, medium: medium / sum, hard: hard / sum }
})

describe('bucketSizes', () => {
  it('rounds hard up and easy down, so that 103 rows pass the gate that flooring fails', () => {
    expect(bucketSizes(103, target)).toEqual({ easy: 25, medium: 47, hard: 31 })
    expect(31 / 103).toBeGreaterThanOrEqual(0.3)
  })

  it('is exact where the shares are', () => {
    expect(bucketSizes(100, target)).toEqual({ easy: 25, medium: 45, hard: 30 })
    expect(bucketSizes(0, target)).toEqual({ easy: 0, medium: 0, hard: 0 })
  })

  it('never has too few hard rows or too many easy ones', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), anyTarget, (n, shares) => {
        const sizes = bucketSizes(n, shares)
        expect(sizes.easy + sizes.medium + sizes.hard).toBe(n)
        expect(sizes.hard / n).toBeGreaterThanOrEqual(shares.hard)
        expect(sizes.easy / n).toBeLessThanOrEqual(shares.easy)
        expect(sizes.hard - n * shares.hard).toBeLessThan(1 + 1e-6)
        expect(n * shares.easy - sizes.easy).toBeLessThan(1 + 1e-6)
      }),
    )
  })
})

describe('balanceTask', () => {
  it('keeps 74 % of a pool cut in terciles and says that medium rows are short', () => {
    const { rows, bucketOf } = rowsOf(10_000, 10_000, 10_000)
    const balanced = balanceTask(rows, bucketOf, target, 1)
    expect(balanced).toMatchObject({ before: 30_000, after: 22_224, short: ['medium'] })
    expect(balanced.why).toBe('22224 of 30000 rows stay: there are only 10000 medium rows, and no row is taken twice')
  })

  it('keeps all rows that are balanced already', () => {
    const { rows, bucketOf } = rowsOf(25, 45, 30)
    const balanced = balanceTask(rows, bucketOf, target, 1)
    expect([...balanced.rows]).toEqual([...rows])
    expect(balanced).toMatchObject({ short: [], why: 'all 100 rows stay' })
  })

  it('keeps nothing of a task without hard rows', () => {
    const { rows, bucketOf } = rowsOf(20, 20, 0)
    expect(balanceTask(rows, bucketOf, target, 1)).toMatchObject({ after: 0, short: ['hard'] })
  })

  it('takes each row at most once, holds the shares, and is as large as can be', () => {
    const count = fc.integer({ min: 0, max: 60 })
    fc.assert(
      fc.property(count, count, count, anyTarget, fc.nat(), (easy, medium, hard, shares, seed) => {
        const { rows, bucketOf } = rowsOf(easy, medium, hard)
        const balanced = balanceTask(rows, bucketOf, shares, seed)
        expect(new Set(balanced.rows).size).toBe(balanced.after)
        const taken = [0, 0, 0]
        for (const row of balanced.rows) taken[bucketOf(row)]! += 1
        expect(bucketNames.map((name) => balanced.taken[name])).toEqual(taken)
        if (balanced.after > 0) {
          expect(taken[2]! / balanced.after).toBeGreaterThanOrEqual(shares.hard)
          expect(taken[0]! / balanced.after).toBeLessThanOrEqual(shares.easy)
        }
        for (let n = balanced.after + 1; n <= rows.length; n++) {
          const wanted = bucketSizes(n, shares)
          expect(wanted.easy <= easy && wanted.medium <= medium && wanted.hard <= hard).toBe(false)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('draws by seed', () => {
    const { rows, bucketOf } = rowsOf(100, 100, 100)
    const draw = (seed: number) => [...balanceTask(rows, bucketOf, target, seed).rows]
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
  })
})
