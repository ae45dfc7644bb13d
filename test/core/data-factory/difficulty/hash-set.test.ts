import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHashSet } from '../../../../core/data-factory/difficulty/hash-set.ts'

describe('createHashSet', () => {
  it('is a set, through growth and clearing', () => {
    const rounds = fc.array(fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 400 }), { maxLength: 4 })
    const set = createHashSet()
    fc.assert(
      fc.property(rounds, (all) => {
        for (const values of all) {
          set.clear()
          const known = new Set<number>()
          for (const value of [...values, ...values.slice(0, 3)]) {
            expect(set.add(value)).toBe(!known.has(value))
            known.add(value)
          }
          expect(set.size).toBe(known.size)
          for (const value of values) expect(set.has(value)).toBe(true)
          for (const value of values.map((one) => (one ^ 1) >>> 0)) expect(set.has(value)).toBe(known.has(value))
        }
      }),
      { numRuns: 50 },
    )
  })

  it('holds zero, and the values it begins with', () => {
    expect(createHashSet().has(0)).toBe(false)
    expect(createHashSet([0, 7]).has(0)).toBe(true)
  })
})
