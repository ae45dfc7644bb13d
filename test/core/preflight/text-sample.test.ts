import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkDiversity } from '../../../core/preflight/check-pool.ts'
import { measureDiversity } from '../../../core/preflight/measure-diversity.ts'
import { sampleTexts } from '../../../core/preflight/text-sample.ts'
import { PreflightLimits } from '../../../schemas/recipe.ts'
import { createTestPlatform } from '../support/test-platform.ts'
import { look, named, poolRows, stored } from './pool.ts'

const rowsFrom = (start: number, count: number) => Uint32Array.from({ length: count }, (_, i) => start + i)

describe('the sample of texts', () => {
  it('is everything that fits, and of the rest a seeded share of each task', () => {
    const lengths = new Uint32Array(25_000).fill(100)
    const tasks = new Map([
      ['small', rowsFrom(0, 5_000)],
      ['large', rowsFrom(5_000, 20_000)],
    ])
    expect(sampleTexts(tasks, lengths, { seed: 1, maxBytes: 2_500_000 })).toEqual(tasks)
    const sample = sampleTexts(tasks, lengths, { seed: 1, maxBytes: 1_500_000 })
    expect(sample.get('small')).toEqual(tasks.get('small'))
    const large = sample.get('large') as Uint32Array
    expect(large.length).toBeGreaterThan(9_700)
    expect(large.length).toBeLessThan(10_300)
    expect(large.filter((row) => row < 15_000).length / large.length).toBeCloseTo(0.5, 1)
    expect(sampleTexts(tasks, lengths, { seed: 1, maxBytes: 1_500_000 })).toEqual(sample)
    expect(sampleTexts(tasks, lengths, { seed: 2, maxBytes: 1_500_000 })).not.toEqual(sample)
  })

  it('holds some rows of every task, in order and none twice, whatever the sizes', () => {
    const task = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(
        fc.array(task, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 10_000_000 }),
        (sizes, maxBytes) => {
          let start = 0
          const tasks = new Map(
            sizes.map((own, i) => {
              start += own.length
              return [`t${i}`, rowsFrom(start - own.length, own.length)]
            }),
          )
          for (const [name, rows] of sampleTexts(tasks, Uint32Array.from(sizes.flat()), { seed: 3, maxBytes })) {
            expect(rows.length).toBeGreaterThan(0)
            expect([...rows]).toEqual([...new Set(rows)].sort((a, b) => a - b))
            expect([...(tasks.get(name) ?? [])]).toEqual(expect.arrayContaining([...rows]))
          }
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('diversity of a version whose texts do not fit', () => {
  it('is measured on a sample, and says so with both numbers', async () => {
    const platform = createTestPlatform()
    const measures = await look(platform, await stored(platform, 'pool', poolRows(600)))
    const options = { seed: 1, lengths: { min: 1, max: 4096 } }
    const limits = PreflightLimits.parse({})
    const checksOf = async (maxBytes?: number) => {
      const diversity = await measureDiversity(platform, measures.spool, options, maxBytes)
      return { diversity, checks: await checkDiversity('pool', { ...measures, diversity }, limits, 'fail') }
    }
    const whole = await checksOf()
    expect(whole.diversity).toEqual(measures.diversity)
    expect(named(whole.checks, 'distinct2').evidence.join()).not.toContain('sample')
    const some = await checksOf(100_000)
    for (const { rows, distinct2 } of some.diversity) {
      expect(rows).toBe(300)
      expect(distinct2.n).toBeLessThan(150)
      expect(distinct2.n).toBeGreaterThan(20)
    }
    const { message, evidence } = named(some.checks, 'distinct2')
    expect(message).toMatch(/measured on a sample of \d+ of 300 rows/)
    expect(evidence[1]).toMatch(/measured on a sample of \d+ of 300 rows/)
    // Roles and styles are counted over all rows.
    expect(named(some.checks, 'roles').evidence).toEqual(named(whole.checks, 'roles').evidence)
  })
})
