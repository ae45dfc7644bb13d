import { describe, expect, it } from 'vitest'
import type { Workers } from '../../../core/platform/ports.ts'
import { checkLeaks } from '../../../core/preflight/check-rows.ts'
import type { VersionMeasures } from '../../../core/preflight/measure-version.ts'
import type { DatasetVersion } from '../../../schemas/dataset.ts'
import { PreflightLimits } from '../../../schemas/recipe.ts'
import { createInlineWorkers } from '../../support/inline-workers.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'
import { look, named, poolRows, stored, wordsOf } from './pool.ts'

const limits = PreflightLimits.parse({})
// 24 words are 20 5-grams: 17 of them are 0.85.
const item = wordsOf(90_000, 24)
const answer = 'y'

async function checksOf(rows: object[], suite: object[]) {
  const platform = createTestPlatform()
  const suites = [await stored(platform, 'exam', suite)]
  const measures = await look(platform, await stored(platform, 'pool', rows), { suites })
  return leakChecks(measures, suite.length)
}

const leakChecks = (measures: VersionMeasures, items: number) =>
  checkLeaks('pool', measures, limits, { items, maskedMiss: 'fail' })

describe('an evaluation item', () => {
  it.each([
    [21, 'fail', 1, 'line 3 holds item 2 of exam (containment 0.850)'],
    [20, 'pass', 0, 'nearest: item 2 of exam in line 3 (containment 0.800)'],
  ] as const)('of which %d words in a row of 24 stand in a row: %s', async (words, status, value, said) => {
    const rows = [...poolRows(2), { prompt: `so ${item.slice(0, words).join(' ')} so`, answer }]
    const checks = await checksOf(rows, [poolRows(50)[49] as object, { prompt: item.join(' '), answer }])
    const check = named(checks, 'eval_leak')
    expect(check).toMatchObject({ status, value })
    expect(check.evidence[0]).toBe(said)
    expect(check.message).toContain('1 items have 13 words in a row in common')
  })

  it.each([
    [21, 'fail', 1],
    [20, 'pass', 0],
  ] as const)('with other numbers, %d words of 24: %s in the masked pass alone', async (words, status, value) => {
    const numbered = (shift: number) => item.map((word, i) => (i % 6 === 5 ? String(i * 37 + shift) : word))
    const rows = [...poolRows(2), { prompt: numbered(1).slice(0, words).join(' '), answer }]
    const checks = await checksOf(rows, [{ prompt: numbered(500).join(' '), answer }])
    expect(named(checks, 'eval_leak')).toMatchObject({ status: 'pass', value: 0 })
    expect(named(checks, 'eval_leak_masked')).toMatchObject({ status, value })
  })

  it('counts a row once, however many items it holds, and tells 20 rows at most', async () => {
    const other = wordsOf(90_001, 24)
    const both = { prompt: [...item, ...other].join(' '), answer }
    const suite = [item, other].map((words) => ({ prompt: words.join(' '), answer }))
    const check = named(await checksOf(Array(30).fill(both), suite), 'eval_leak')
    expect(check).toMatchObject({ status: 'fail', value: 30, message: expect.stringContaining('30 rows') })
    expect(check.evidence).toHaveLength(20)
    expect(new Set(check.evidence).size).toBe(20)
  })

  it('without a word is said not to be judged; where none can be, nothing was compared and the check fails', async () => {
    const some = await checksOf(poolRows(3), [
      { prompt: '?!', answer },
      { prompt: item.join(' '), answer },
    ])
    expect(named(some, 'eval_leak')).toMatchObject({
      status: 'pass',
      message: expect.stringContaining('none of 1 evaluation items stands in the rows (1 of 2 items'),
    })
    for (const suite of [[{ prompt: '?!', answer }], []]) {
      const none = await checksOf(poolRows(3), suite)
      expect(named(none, 'eval_leak')).toMatchObject({ status: 'fail', value: null })
      expect(named(none, 'eval_leak_masked')).toMatchObject({ status: 'fail', value: null })
    }
  })
})

/** Threads that take turns, each with setups of its own; the answers come last first. */
function createTurns(threads: number): Workers {
  const each = Array.from({ length: threads }, createInlineWorkers)
  let turn = 0
  return { size: threads, run: (request) => (each[turn++ % threads] as Workers).run(request) }
}

describe('best matches', () => {
  const rows = () => {
    const long = poolRows(3000).map((row) => ({ ...row, meta: { padding: 'x'.repeat(900) } }))
    const holds = (words: number) => ({ prompt: item.slice(0, words).join(' '), answer })
    return [...long.slice(0, 1200), holds(16), ...long.slice(1200, 2500), holds(19), holds(19), ...long.slice(2500)]
  }

  it('have the line of the whole version, the first of the best, whatever the threads', async () => {
    const platform = createTestPlatform()
    const suites = [await stored(platform, 'exam', [{ prompt: item.join(' '), answer }])]
    const pool = await stored(platform, 'pool', rows())
    const found = []
    for (const threads of [1, 2, 3]) {
      const workers = createTurns(threads)
      const { matches, leakedRows } = await look({ ...platform, workers } as TestPlatform, pool, { suites })
      found.push({ matches, leakedRows })
    }
    const [first, ...others] = found
    const best = { containment: 0.75, row: 2502 }
    expect(first).toEqual({
      leakedRows: { plain: 0, masked: 0 },
      matches: {
        unjudged: { plain: 0, masked: 0 },
        thirteen: 1,
        closest: [{ suite: 'exam', item: 0, plain: best, masked: best, thirteen: true }],
      },
    })
    for (const other of others) expect(other).toEqual(first)
  })

  it('of one version are not those of the version that the same threads looked at before', async () => {
    const platform = createTestPlatform()
    const suites: DatasetVersion[] = [await stored(platform, 'exam', [{ prompt: item.join(' '), answer }])]
    const near = await stored(platform, 'near', [{ prompt: item.slice(0, 19).join(' '), answer }])
    const far = await stored(platform, 'far', poolRows(5))
    const matched = async (version: DatasetVersion) => {
      const { closest, thirteen } = (await look(platform, version, { suites, key: 'the same' })).matches
      return [closest.length, thirteen]
    }
    expect(await matched(near)).toEqual([1, 1])
    expect(await matched(far)).toEqual([0, 0])
    expect(await matched(near)).toEqual([1, 1])
  })
})
