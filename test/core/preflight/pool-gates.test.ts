import { beforeAll, describe, expect, it } from 'vitest'
import { getDatasetVersion } from '../../../core/datasets/dataset-store.ts'
import { readReport } from '../../../core/datasets/version-files.ts'
import { checkDifficulty } from '../../../core/preflight/check-difficulty.ts'
import { checkDiversity, checkShape } from '../../../core/preflight/check-pool.ts'
import type { VersionMeasures } from '../../../core/preflight/measure-version.ts'
import { describeRow } from '../../../core/text/describe-row.ts'
import type { FrozenDifficulty } from '../../../schemas/difficulty.ts'
import type { Check } from '../../../schemas/preflight.ts'
import { PreflightLimits } from '../../../schemas/recipe.ts'
import type { Row } from '../../../schemas/rows.ts'
import { build, register } from '../data-factory/build/support.ts'
import { createTestPlatform } from '../support/test-platform.ts'
import { look, named, poolRow, poolRows, stored, wordsOf } from './pool.ts'

type Limits = Parameters<typeof PreflightLimits.parse>[0]

async function gates(measures: VersionMeasures, frozen: FrozenDifficulty | undefined, change: Limits = {}) {
  const limits = PreflightLimits.parse(change)
  return [
    ...(await checkDiversity('pool', measures, limits, 'fail')),
    ...(await checkShape('pool', measures.spool, limits, 'fail')),
    ...(await checkDifficulty('pool', measures.spool, frozen, limits, 'fail')),
  ]
}

async function gatesOf(rows: object[], change: Limits = {}): Promise<Check[]> {
  const platform = createTestPlatform()
  return gates(await look(platform, await stored(platform, 'pool', rows)), undefined, change)
}

describe('a gate of the pool holds at its limit and not a hair beyond', () => {
  let measures: VersionMeasures
  let frozen: FrozenDifficulty | undefined
  beforeAll(async () => {
    const platform = createTestPlatform()
    await register(platform, 'raw', poolRows(1600))
    const operators = { difficulty: {}, balance: {} }
    await build(platform, { kind: 'dataset', name: 'pool', sources: [{ dataset: 'raw' }], operators })
    const version = await getDatasetVersion(platform.table, 'pool')
    measures = await look(platform, version)
    frozen = (await readReport(platform.blobs, version)).difficulty
  })

  const hair = 1e-9
  it.each([
    ['distinct2', 'min_distinct2', hair],
    ['roles', 'roles_min', 1],
    ['styles', 'styles_min', 1],
    ['hard_share', 'min_hard_pct', hair],
    ['clue_overlap_hard', 'clue_overlap_min_hard', hair],
    ['easy_share', 'max_easy_pct', -hair],
    ['clue_overlap_easy', 'clue_overlap_max_easy', -hair],
    ['len_max', 'len_max', -1],
  ] as const)('%s by %s', async (name, limit, beyond) => {
    const value = named(await gates(measures, frozen), name).value as number
    expect(named(await gates(measures, frozen, { [limit]: value }), name)).toMatchObject({ status: 'pass', value })
    const past = named(await gates(measures, frozen, { [limit]: value + beyond }), name)
    expect(past).toMatchObject({ status: 'fail', value, remedy: expect.any(String) })
  })

  it('passes what the build balanced for it, with the numbers of the worst task first', async () => {
    const checks = await gates(measures, frozen)
    const hard = named(checks, 'hard_share')
    expect(hard.status).toBe('pass')
    expect(hard.value).toBeGreaterThanOrEqual(0.3)
    expect(hard.value).toBeLessThan(0.31)
    expect(hard.evidence).toHaveLength(2)
    expect(hard.evidence[0]).toContain(String(Number((hard.value as number).toFixed(4))))
    expect(named(checks, 'easy_share').value).toBeLessThanOrEqual(0.25)
  })
})

describe('roles and styles', () => {
  it.each([
    ['roles', 'role', 4],
    ['styles', 'style', 3],
  ] as const)('%s of every task are counted, the fewest decide', async (name, field, enough) => {
    const rows = (different: number) =>
      poolRows(40).map((row, i) => ({ ...row, [field]: row.task === 'a' ? `x${i}` : `y${(i >> 1) % different}` }))
    expect(named(await gatesOf(rows(enough)), name)).toMatchObject({ status: 'pass', value: enough })
    expect(named(await gatesOf(rows(enough - 1)), name)).toMatchObject({
      status: 'fail',
      value: enough - 1,
      message: `1 of 2 tasks miss it; the worst is b: ${enough - 1}`,
    })
  })

  it('says how many rows name none', async () => {
    const rows = poolRows(20).map(({ role, ...row }, i) => (i % 2 === 0 && i < 6 ? row : { ...row, role }))
    expect(named(await gatesOf(rows), 'roles').evidence).toEqual(['a: 2, 3 rows name none', 'b: 2'])
  })
})

describe('kl3', () => {
  const of = (own: (template: number, row: number) => string) =>
    Array.from({ length: 800 }, (_, i) => ({
      ...poolRow(i),
      task: 'a',
      role: 'same',
      style: 'same',
      template: `t${i % 2}`,
      prompt: own(i % 2, i),
    }))

  it('passes templates that say things in their own words', async () => {
    const texts = ['kindly zzqx the jjw of qqv', 'we bbx every hhk upon yyg']
    const rows = of((template, i) => `${texts[template]} ${texts[template]} ${wordsOf(i, 3).join(' ')}`).map(
      ({ rationale, ...row }) => row,
    )
    const check = named(await gatesOf(rows), 'kl3')
    expect(check).toMatchObject({ status: 'pass', evidence: [expect.stringContaining('template')] })
    const value = check.value as number
    expect(named(await gatesOf(rows, { kl3_min: value }), 'kl3').status).toBe('pass')
    expect(named(await gatesOf(rows, { kl3_min: value + 1e-9 }), 'kl3').status).toBe('fail')
  })

  it('fails templates that differ in a name alone, and cannot measure a group of 199', async () => {
    const rows = of((template, i) => `you are ${template ? 'Ann' : 'Bob'} ${wordsOf(i, 20).join(' ')}`)
    expect(named(await gatesOf(rows), 'kl3')).toMatchObject({ status: 'fail', value: expect.any(Number) })
    const few = rows.map((row, i) => ({ ...row, template: i < 199 ? 't0' : 't1' }))
    expect(named(await gatesOf(few), 'kl3')).toMatchObject({ status: 'fail', value: null })
    const enough = rows.map((row, i) => ({ ...row, template: i < 200 ? 't0' : 't1' }))
    expect(named(await gatesOf(enough), 'kl3').value).not.toBeNull()
  })
})

it('distinct2 fails a pool that says one thing over and over', async () => {
  const rows = poolRows(60).map((row) => ({
    ...row,
    prompt: wordsOf(5, 30).join(' '),
    rationale: wordsOf(6, 30).join(' '),
  }))
  expect(named(await gatesOf(rows), 'distinct2')).toMatchObject({ status: 'fail' })
  expect(named(await gatesOf(poolRows(60)), 'distinct2')).toMatchObject({ status: 'pass' })
})

/** An answer row of exactly so many estimated tokens. */
function ofTokens(tokens: number) {
  for (let letters = 1; letters < 12; letters++)
    for (let words = Math.floor(tokens / 2); words <= tokens + 2; words++) {
      const row = { prompt: `q ${'x'.repeat(letters)}`, answer: Array(words).fill('word').join(' ') }
      if (describeRow(row as Row).tokens_estimated === tokens) return row
    }
  throw new Error(`no row of ${tokens} tokens`)
}

describe('lengths', () => {
  it.each([
    [64, 'pass', 0],
    [63, 'fail', 1],
    [4096, 'pass', 0],
    [4097, 'fail', 1],
  ] as const)('of %d tokens: %s', async (tokens, status, value) => {
    const check = named(await gatesOf([ofTokens(100), ofTokens(tokens)]), 'length')
    expect(check).toMatchObject({ status, value })
    if (tokens === 63) expect(check.evidence).toEqual(['(none): 1 (1 shorter, 0 longer, of 2)'])
  })

  it.each([
    [3500, 'pass'],
    [3501, 'fail'],
  ] as const)('of the difficulty gate, %d tokens: %s', async (tokens, status) => {
    expect(named(await gatesOf([ofTokens(100), ofTokens(tokens)]), 'len_max')).toMatchObject({ status, value: tokens })
  })

  it.each([
    ['turns_max', 8, 'pass'],
    ['turns_max', 9, 'fail'],
    ['tool_hops_max', 8, 'pass'],
    ['tool_hops_max', 9, 'fail'],
  ] as const)('%s of %d: %s', async (name, count, status) => {
    const call = { type: 'function', function: { name: 'calc', arguments: '{}' } }
    const turn = [
      { role: 'user', content: 'and now?' },
      { role: 'assistant', content: 'wait', ...(name === 'tool_hops_max' && { tool_calls: [call] }) },
    ]
    const talk = Array(count).fill(turn).flat()
    const prompt = name === 'turns_max' ? talk : [talk[0], ...talk.filter((_, i) => i % 2 === 1)]
    const rows = [ofTokens(100), { prompt, answer: 'done' }]
    expect(named(await gatesOf(rows), name)).toMatchObject({ status, value: count })
  })
})

describe('the mix', () => {
  const rows = (a: number) => Array.from({ length: 200 }, (_, i) => ({ ...poolRow(i), task: i < a ? 'a' : 'b' }))
  it.each([
    [96, 'pass', 3],
    [97, 'fail', 3.5],
    [84, 'pass', 3],
    [83, 'fail', 3.5],
  ] as const)('of %d of 200 rows where 45 % were asked for: %s', async (a, status, value) => {
    const check = named(await gatesOf(rows(a), { mix: { a: 9, b: 11 } }), 'mix')
    expect(check).toMatchObject({ status, value })
  })

  it('misses a task that was asked for and is not there, and is no check when none was asked for', async () => {
    const check = named(await gatesOf(rows(100), { mix: { a: 48, b: 48, c: 4 } }), 'mix')
    expect(check).toMatchObject({ status: 'fail', value: 4 })
    expect((await gatesOf(rows(100))).some(({ name }) => name === 'mix')).toBe(false)
  })
})
