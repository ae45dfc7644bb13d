import { describe, expect, it } from 'vitest'
import { getDatasetVersion } from '../../../core/datasets/dataset-store.ts'
import { readDataset } from '../../../core/datasets/read-dataset.ts'
import { readReport } from '../../../core/datasets/version-files.ts'
import { checkDifficulty } from '../../../core/preflight/check-difficulty.ts'
import { checkDuplicates } from '../../../core/preflight/check-rows.ts'
import { runRound1 } from '../../../core/preflight/round1.ts'
import type { DatasetVersion } from '../../../schemas/dataset.ts'
import { PreflightLimits, type RecipeInput, RecipeSpec } from '../../../schemas/recipe.ts'
import { sampleRecipe } from '../../support/sample-project.ts'
import { build, register } from '../data-factory/build/support.ts'
import { notPassed, prepareSubject } from '../support/subject.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'
import { look, named, poolRow, poolRows, stored, wordsOf } from './pool.ts'

interface Given {
  pool?: DatasetVersion
  suite?: DatasetVersion
  recipe?: Partial<RecipeInput>
  stage?: 'sft' | 'grpo'
}

/** Round 1 of a recipe with one stage. */
async function round1(platform: TestPlatform, { pool, suite, recipe = {}, stage = 'grpo' }: Given) {
  const { stages, ...rest } = sampleRecipe({ preflight: { min_free_gb: 0 }, ...recipe })
  const subject = await prepareSubject(platform)
  return runRound1(platform, {
    ...subject,
    profile: recipe.profile ?? 'smoke',
    recipe: RecipeSpec.parse({ ...rest, stages: stages.filter(({ algorithm }) => algorithm === stage) }),
    stageDatasets: [pool ?? (subject.stageDatasets[1] as DatasetVersion)],
    evaluationDataset: suite ?? subject.evaluationDataset,
  })
}

const poolChecks = [
  'distinct2',
  'kl3',
  'roles',
  'styles',
  'length',
  'mix',
  'len_max',
  'turns_max',
  'tool_hops_max',
  'hard_share',
  'easy_share',
  'clue_overlap_easy',
  'clue_overlap_hard',
]

describe('the gates of a pool', () => {
  it.each([
    ['smoke', 'grpo', undefined, 'warn'],
    ['smoke', 'grpo', 'enforce', 'fail'],
    ['prod', 'grpo', undefined, 'fail'],
    ['prod', 'grpo', 'report', 'warn'],
    ['prod', 'sft', undefined, 'warn'],
    ['prod', 'sft', 'enforce', 'fail'],
  ] as const)('in %s for %s with pool_gates %s: a miss is a %s', async (profile, stage, pool_gates, status) => {
    const platform = createTestPlatform()
    const rows = poolRows(12).map(({ rationale: _, answer, ...row }) => ({
      ...row,
      prompt: 'the same again',
      ...(stage === 'sft' ? { completion: `yes ${answer}` } : { answer: `yes ${answer}` }),
    }))
    const pool = await stored(platform, 'pool', rows, stage === 'sft' ? 'sft' : 'answer')
    const preflight = { min_free_gb: 0, mix: { a: 1, b: 9 }, ...(pool_gates && { pool_gates }) }
    const { checks, pass } = await round1(platform, { pool, stage, recipe: { profile, preflight } })
    const missed = checks.filter(({ name, status: found }) => poolChecks.includes(name) && found !== 'pass')
    expect(missed.map(({ name }) => name)).toEqual(expect.arrayContaining(['distinct2', 'kl3', 'length', 'mix']))
    expect(new Set(missed.map((check) => check.status))).toEqual(new Set([status]))
    expect(pass).toBe(status === 'warn')
  })

  it('that cannot be measured fail when enforced, and are left out when reported', async () => {
    const platform = createTestPlatform()
    const preflight = { min_free_gb: 0, min_len: 1, min_distinct2: 0 }
    const pool = await stored(platform, 'pool', [{ prompt: wordsOf(1, 30).join(' '), answer: 'y' }])
    const enforced = await round1(platform, { pool, recipe: { profile: 'prod', preflight } })
    expect(notPassed(enforced.checks)).toEqual(
      ['kl3', 'roles', 'styles', 'hard_share', 'easy_share', 'clue_overlap_easy', 'clue_overlap_hard'].map(
        (name) => `${name} pool: fail`,
      ),
    )
    for (const name of ['kl3', 'hard_share', 'clue_overlap_hard'])
      expect(named(enforced.checks, name)).toMatchObject({ value: null, message: expect.stringContaining('cannot be') })
    const again = createTestPlatform()
    const same = await stored(again, 'pool', [{ prompt: wordsOf(1, 30).join(' '), answer: 'y' }])
    const reported = await round1(again, { pool: same, recipe: { profile: 'smoke', preflight } })
    expect(notPassed(reported.checks)).toEqual([])
  })
})

describe('a version', () => {
  it('without a row passes no check that looks at rows', async () => {
    const platform = createTestPlatform()
    const pool = await stored(platform, 'pool', [])
    const recipe = { profile: 'prod', preflight: { min_free_gb: 0, mix: { a: 1 } } } as const
    const { checks } = await round1(platform, { pool, recipe })
    const passed = checks.filter(({ subject, status }) => subject.startsWith('pool@') && status === 'pass')
    expect(passed.map(({ name }) => name)).toEqual(['dataset_digest', 'taint'])
    expect(named(checks, 'duplicates')).toMatchObject({ status: 'fail', value: null })
  })

  it('of rows in another format than its own names the first of them, and fails', async () => {
    const platform = createTestPlatform()
    const rows = [...poolRows(3), ...Array.from({ length: 25 }, (_, i) => ({ prompt: `p ${i}`, completion: 'c' }))]
    const { checks } = await round1(platform, { pool: await stored(platform, 'pool', rows) })
    const check = named(checks, 'row_format')
    expect(check).toMatchObject({ status: 'fail', value: 25, message: '25 of 28 rows do not fit' })
    expect(check.evidence).toHaveLength(20)
    expect(check.evidence[0]).toContain('4')
  })

  it('that misses in many ways is told all of them', async () => {
    const platform = createTestPlatform()
    const exam = wordsOf(70_000, 24).join(' ')
    await register(platform, 'exam', [{ prompt: exam, answer: '1' }], { suite: true })
    const rows = [...Array(3).fill({ ...poolRow(1), prompt: exam }), { prompt: 'short', completion: 'c' }]
    const pool = { ...(await stored(platform, 'pool', rows)), taint: ['random labels'] }
    const recipe = { profile: 'prod', preflight: { min_free_gb: 0, mix: { a: 1 }, len_max: 1 } } as const
    const report = await round1(platform, { pool, recipe })
    expect(report.pass).toBe(false)
    expect(notPassed(report.checks)).toEqual(
      [
        ...[
          'taint',
          'row_format',
          'duplicates',
          'eval_leak',
          'eval_leak_masked',
          'distinct2',
          'kl3',
          'roles',
          'styles',
        ],
        ...['mix', 'len_max', 'hard_share', 'easy_share', 'clue_overlap_easy', 'clue_overlap_hard'],
      ].map((name) => `${name} pool: fail`),
    )
    for (const check of report.checks.filter(({ status }) => status === 'fail'))
      expect(check).toMatchObject({ remedy: expect.stringMatching(/\w/), threshold: expect.stringMatching(/\w/) })
  })
})

describe('evaluation data', () => {
  const exam = { prompt: wordsOf(70_000, 24).join(' '), answer: '1' }
  const leaking = (platform: TestPlatform) => stored(platform, 'pool', [...poolRows(3), exam])

  it('of every registered suite is looked for, of its newest version, and stands in the report', async () => {
    const platform = createTestPlatform()
    await register(platform, 'exam', [{ prompt: wordsOf(70_001, 24).join(' '), answer: '1' }], { suite: true })
    const pool = await leaking(platform)
    expect(named((await round1(platform, { pool })).checks, 'eval_leak').status).toBe('pass')
    const again = createTestPlatform()
    await register(again, 'exam', [{ prompt: wordsOf(70_001, 24).join(' '), answer: '1' }], { suite: true })
    const newest = await register(again, 'exam', [exam], { suite: true })
    const report = await round1(again, { pool: await leaking(again) })
    expect(named(report.checks, 'eval_leak')).toMatchObject({
      status: 'fail',
      evidence: ['line 4 holds item 1 of exam (containment 1.000)'],
    })
    expect(report.files).toHaveProperty(`exam@${newest.digest}`)
  })

  it('that the job pins is looked for once, beside a newer version of it', async () => {
    const platform = createTestPlatform()
    const suite = await register(platform, 'exam', [exam], { suite: true })
    const once = await round1(platform, { pool: await leaking(platform), suite })
    expect(named(once.checks, 'eval_leak').evidence).toHaveLength(1)
    expect(notPassed(once.checks)).not.toContain('eval_leak exam: fail')
    const again = createTestPlatform()
    const pinned = await register(again, 'exam', [exam], { suite: true })
    await register(again, 'exam', [{ prompt: wordsOf(70_002, 24).join(' '), answer: '1' }], { suite: true })
    const report = await round1(again, { pool: await leaking(again), suite: pinned })
    expect(named(report.checks, 'eval_leak')).toMatchObject({ status: 'fail', value: 1 })
    expect(Object.keys(report.files).filter((key) => key.startsWith('exam@'))).toHaveLength(2)
  })

  it('that is trained on is found in itself', async () => {
    const platform = createTestPlatform()
    const suite = await register(platform, 'exam', [exam, ...poolRows(3)], { suite: true })
    const report = await round1(platform, { pool: suite, suite })
    expect(named(report.checks, 'eval_leak')).toMatchObject({ status: 'fail', value: 4 })
    expect(report.checks.filter(({ name }) => name === 'dataset_digest')).toHaveLength(1)
  })

  it('repeats and rows without an answer fail too', async () => {
    const platform = createTestPlatform()
    const suite = await stored(platform, 'exam', [exam, exam, { prompt: 'p', completion: 'c' }])
    const { checks } = await round1(platform, { suite })
    expect(notPassed(checks.filter(({ subject }) => subject.startsWith('exam@')))).toEqual([
      'row_format exam: fail',
      'duplicates exam: fail',
    ])
    const other = createTestPlatform()
    const written = await stored(other, 'exam', [{ prompt: 'p', completion: 'c' }], 'sft')
    expect(notPassed((await round1(other, { suite: written })).checks)).toContain('row_format exam: fail')
  })
})

it('near duplicates count beside exact ones, from the similarity of the recipe on', async () => {
  const platform = createTestPlatform()
  const words = wordsOf(80_000, 60)
  const near = [words, [...words.slice(0, 59), 'other']].map((each) => ({ prompt: each.join(' '), answer: 'y' }))
  const pool = await stored(platform, 'pool', [...poolRows(37), ...near, poolRow(3)])
  const at = async (near_dup_sim: number, max_dup_pct: number) => {
    const limits = PreflightLimits.parse({ near_dup_sim, max_dup_pct })
    return checkDuplicates('pool', await look(platform, pool, { limits }), limits)
  }
  // 61 words are 57 5-grams; the word changed is in two of them.
  const similarity = 55 / 59
  const evidence = ['line 39 is near line 38', 'line 40 repeats line 4']
  expect(await at(similarity, 5)).toMatchObject({ status: 'pass', value: 5, evidence })
  expect(await at(similarity, 4.999)).toMatchObject({ status: 'fail', value: 5 })
  expect(await at(similarity + 1e-9, 4.999)).toMatchObject({ status: 'pass', value: 2.5, evidence: [evidence[1]] })
})

describe('labels decide nothing', () => {
  const claims = { difficulty: 'hard', bucket: 'hard', easy: false }
  const pooled = async (platform: TestPlatform, shares: object) => {
    await register(
      platform,
      'raw',
      poolRows(300).map((row) => ({ ...row, meta: claims })),
    )
    const operators = { difficulty: {}, balance: shares }
    await build(platform, { kind: 'dataset', name: 'pool', sources: [{ dataset: 'raw' }], operators })
    return getDatasetVersion(platform.table, 'pool')
  }
  const difficulty = ['hard_share', 'easy_share', 'clue_overlap_easy', 'clue_overlap_hard']
  const statuses = (checks: readonly { name: string; status: string }[]) =>
    checks.filter(({ name }) => difficulty.includes(name)).map(({ status }) => status)

  it('where every row claims to be hard and most are easy', async () => {
    const platform = createTestPlatform()
    const pool = await pooled(platform, { easy: 0.6, medium: 0.3, hard: 0.1 })
    const { checks } = await round1(platform, { pool, recipe: { profile: 'prod' } })
    expect(statuses(checks).slice(0, 2)).toEqual(['fail', 'fail'])
    expect(named(checks, 'easy_share').value).toBeGreaterThan(0.55)
    expect(named(checks, 'hard_share').value).toBeLessThan(0.2)
    const sound = createTestPlatform()
    const balanced = await pooled(sound, { easy: 0.25, medium: 0.45, hard: 0.3 })
    const report = await round1(sound, { pool: balanced, recipe: { profile: 'prod' } })
    expect(statuses(report.checks)).toEqual(['pass', 'pass', 'pass', 'pass'])
  })

  it('where texts were made easier after balancing: stored in place, registered anew, or judged by the frozen cuts', async () => {
    const platform = createTestPlatform()
    const pool = await pooled(platform, { easy: 0.25, medium: 0.45, hard: 0.3 })
    const rows: object[] = []
    for await (const { row } of readDataset(platform.blobs, pool)) rows.push({ ...row, rationale: 'It is so.' })
    const altered = await stored(platform, 'pool', rows)

    const { difficulty: frozen } = await readReport(platform.blobs, pool)
    const { spool } = await look(platform, altered)
    const checks = await checkDifficulty('pool', spool, frozen, PreflightLimits.parse({}), 'fail')
    expect(named(checks, 'hard_share')).toMatchObject({ status: 'fail' })

    const anew = await round1(platform, { pool: altered, recipe: { profile: 'prod' } })
    expect(statuses(anew.checks)).toEqual(['fail', 'fail', 'fail', 'fail'])
    expect(named(anew.checks, 'hard_share').message).toContain('no frozen cut points')

    const inPlace = createTestPlatform()
    const trusted = await pooled(inPlace, { easy: 0.25, medium: 0.45, hard: 0.3 })
    await inPlace.blobs.put(
      `datasets/pool/${trusted.digest}/data-00000.jsonl`,
      rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
      'any',
    )
    const report = await round1(inPlace, { pool: trusted, recipe: { profile: 'prod' } })
    expect(named(report.checks, 'dataset_digest')).toMatchObject({ status: 'fail' })
  })

  it('where a row names a task that was never frozen', async () => {
    const platform = createTestPlatform()
    const pool = await pooled(platform, { easy: 0.25, medium: 0.45, hard: 0.3 })
    const { difficulty: frozen } = await readReport(platform.blobs, pool)
    const { spool } = await look(platform, await stored(platform, 'other', [{ ...poolRow(1), task: '__proto__' }]))
    const checks = await checkDifficulty('other', spool, frozen, PreflightLimits.parse({}), 'fail')
    expect(named(checks, 'easy_share')).toMatchObject({ status: 'fail', value: null })
  })
})
