import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { featureNames } from '../../../../core/data-factory/difficulty/features.ts'
import { scoreTask } from '../../../../core/data-factory/difficulty/rank-features.ts'

/** By definition, in n squared steps. */
function byCounting(columns: readonly number[][], n: number): number[] {
  return Array.from({ length: n }, (_, row) => {
    const ranks = columns.map((column, feature) => {
      const own = column[row] as number
      const below = column.filter((value) => value < own).length
      const equal = column.filter((value) => value === own).length
      const rank = (below + (equal + 1) / 2 - 0.5) / n
      return feature === 6 ? 1 - rank : rank
    })
    return ranks.reduce((sum, rank) => sum + rank, 0) / columns.length
  })
}

const constant = (n: number) => featureNames.map(() => new Float32Array(n))

describe('scoreTask', () => {
  it('is the mean of midranks, with the overlap of clues reversed', () => {
    const value = fc.integer({ min: 0, max: 6 })
    const columns = fc
      .integer({ min: 1, max: 30 })
      .chain((n) => fc.array(fc.array(value, { minLength: n, maxLength: n }), { minLength: 7, maxLength: 7 }))
    fc.assert(
      fc.property(columns, (values) => {
        const n = values[0]?.length as number
        const scores = scoreTask(
          values.map((column) => Float32Array.from(column)),
          n,
        )
        for (const [row, expected] of byCounting(values, n).entries()) expect(scores[row]).toBeCloseTo(expected, 12)
      }),
    )
  })

  it('gives every row of equal features 0.5, and a constant feature changes no order', () => {
    expect([...scoreTask(constant(4), 4)]).toEqual([0.5, 0.5, 0.5, 0.5])
    const columns = constant(3)
    columns[0] = Float32Array.of(30, 10, 20)
    const [first, second, third] = scoreTask(columns, 3) as unknown as [number, number, number]
    expect(second < third && third < first).toBe(true)
  })

  it('refuses a row without a feature, by its number', () => {
    const columns = constant(3)
    columns[5]![1] = Number.NaN
    expect(() => scoreTask(columns, 3)).toThrow('row 2 has no conn')
  })

  it('refuses columns that are too few or too short', () => {
    expect(() => scoreTask(constant(2), 3)).toThrow('needs 7 columns of 3 values')
    expect(() => scoreTask(constant(2).slice(1), 2)).toThrow('needs 7 columns of 2 values')
  })
})
