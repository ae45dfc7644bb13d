import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawRows, seededHash, seededOrder } from '../../../../core/data-factory/select/seeded-order.ts'

const range = (n: number) => Uint32Array.from({ length: n }, (_, i) => i)

describe('seededOrder', () => {
  it('is a permutation that depends on seed and keys, not on the order of the rows', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 1000 })), fc.nat(), (rows, seed) => {
        const ordered = seededOrder(Uint32Array.from(rows), seed)
        expect([...ordered].sort((a, b) => a - b)).toEqual(rows.toSorted((a, b) => a - b))
        expect(seededOrder(Uint32Array.from(rows.toReversed()), seed)).toEqual(ordered)
      }),
    )
  })

  it('keeps every row where keys are equal', () => {
    const ordered = seededOrder(range(100), 3, (row) => row % 7)
    expect([...ordered].sort((a, b) => a - b)).toEqual([...range(100)])
    for (let i = 1; i < 100; i++)
      if (ordered[i]! % 7 === ordered[i - 1]! % 7) expect(ordered[i]).toBeGreaterThan(ordered[i - 1]!)
  })
})

describe('seededHash', () => {
  it('is a whole number below 2^53, different for every key of a seed', () => {
    const hashes = [...range(100_000)].map((key) => seededHash(20250820, key))
    expect(hashes.every((hash) => Number.isSafeInteger(hash) && hash >= 0)).toBe(true)
    expect(new Set(hashes).size).toBe(100_000)
  })
})

describe('drawRows', () => {
  it('draws each row about equally often over seeds', () => {
    const counts = new Array(20).fill(0)
    for (let seed = 0; seed < 4000; seed++) for (const row of drawRows(range(20), 5, seed)) counts[row] += 1
    // 1,000 expected each, standard deviation 27: six of them.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(165)
  })

  it('gives all rows when more are asked for', () => {
    expect([...drawRows(Uint32Array.from([5, 1, 3]), 9, 0)]).toEqual([1, 3, 5])
  })
})
