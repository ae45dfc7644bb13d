import { describe, expect, it } from 'vitest'
import { dataKey } from '../../../core/datasets/dataset-store.ts'
import { codeVersion } from '../../../core/platform/code-version.ts'
import { runRound1 } from '../../../core/preflight/round1.ts'
import { prompts, sampleRecipe, sft, suite } from '../../support/sample-project.ts'
import { notPassed, prepareSubject, type SubjectOptions } from '../support/subject.ts'
import { createTestPlatform } from '../support/test-platform.ts'

async function round1(options: SubjectOptions = {}) {
  const platform = createTestPlatform()
  return runRound1(platform, await prepareSubject(platform, options))
}

const longItem = {
  prompt: 'A farmer has twelve cows and buys seven more at the market; how many cows now?',
  answer: '19',
}

describe('round 1', () => {
  it('passes sound data, and says what it checked', async () => {
    const report = await round1()
    expect(report).toMatchObject({ round: 'round1', pass: true, ts: '2026-01-01T00:00:00.000Z' })
    expect(notPassed(report.checks)).toEqual([])
    expect(new Set(report.checks.map(({ name }) => name))).toEqual(
      new Set([
        'dataset_digest',
        'taint',
        'row_format',
        'duplicates',
        'eval_leak',
        'eval_leak_masked',
        'distinct2',
        'length',
        'len_max',
        'turns_max',
        'tool_hops_max',
      ]),
    )
    const { code_version, ...files } = report.files
    expect(code_version).toBe(codeVersion)
    expect(Object.keys(files)).toHaveLength(3)
    for (const [reference, digest] of Object.entries(files)) expect(reference).toContain(`@${digest}`)
  })

  it('fails when stored bytes are not those that were registered', async () => {
    const platform = createTestPlatform()
    const subject = await prepareSubject(platform)
    await platform.blobs.put(dataKey(subject.evaluationDataset), '{"prompt":"easy","answer":"1"}\n', 'any')
    const report = await runRound1(platform, subject)
    expect(report.pass).toBe(false)
    expect(notPassed(report.checks)).toEqual([
      'dataset_digest sample-suite: fail',
      'eval_leak sample-sft: fail',
      'eval_leak_masked sample-sft: warn',
      'eval_leak sample-prompts: fail',
      'eval_leak_masked sample-prompts: warn',
    ])
  })

  it('fails when stored bytes are gone', async () => {
    const platform = createTestPlatform()
    const subject = await prepareSubject(platform)
    for (const version of subject.stageDatasets) await platform.blobs.delete(dataKey(version))
    const report = await runRound1(platform, subject)
    expect(report.checks[0]).toMatchObject({ status: 'fail', value: 'absent' })
    expect(notPassed(report.checks)).toHaveLength(2)
  })

  it('fails when an evaluation item stands in the training rows, and names both', async () => {
    const report = await round1({
      sft: [...sft, { prompt: `Solve: ${longItem.prompt}`, completion: 'x' }],
      suite: [...suite, longItem],
    })
    expect(report.pass).toBe(false)
    expect(report.checks.find(({ status }) => status === 'fail')).toMatchObject({
      name: 'eval_leak',
      value: 1,
      evidence: [`line ${sft.length + 1} holds item ${suite.length + 1} of sample-suite (containment 1.000)`],
    })
  })

  it('takes its leak limits from the recipe', async () => {
    const half = longItem.prompt.split(' ').slice(0, 9).join(' ')
    const options = (leak_sim: number) => ({
      recipe: { preflight: { leak_sim, min_len: 1, min_free_gb: 0 } },
      prompts: [...prompts, { prompt: half, answer: '1' }],
      suite: [...suite, longItem],
    })
    expect(notPassed((await round1(options(0.4))).checks)).toEqual([
      'eval_leak sample-prompts: fail',
      'eval_leak_masked sample-prompts: warn',
    ])
    expect(notPassed((await round1(options(0.5))).checks)).toEqual([])
  })

  it('fails when a stage cannot train on the rows it is given', async () => {
    const report = await round1({ sft: prompts })
    expect(notPassed(report.checks)).toEqual(['row_format sample-sft: fail'])
    const check = report.checks.find(({ status }) => status === 'fail')
    expect(check).toMatchObject({ value: prompts.length, remedy: expect.stringContaining('sft {') })
    expect(check?.evidence).toEqual(['the rows are answer rows, not sft or messages'])
  })

  it('fails when no format suits every stage that reads a dataset', async () => {
    const platform = createTestPlatform()
    const subject = await prepareSubject(platform)
    const [data = subject.evaluationDataset] = subject.stageDatasets
    const report = await runRound1(platform, { ...subject, stageDatasets: [data, data] })
    expect(report.checks.find(({ status }) => status === 'fail')).toMatchObject({
      name: 'row_format',
      remedy: expect.stringContaining('give each stage its own'),
    })
  })
})

describe('duplicates', () => {
  const repeated = (times: number) => Array.from({ length: times }, (_, i) => ({ ...sft[0], id: `copy ${i}` }))

  it('are counted on prompt and answer, ids, case and white space ignored', async () => {
    const shouted = { prompt: `  ${sft[1]?.prompt.toUpperCase()}`, completion: sft[1]?.completion }
    const report = await round1({ sft: [...sft, ...repeated(1), shouted] })
    const check = report.checks.find(({ name, subject }) => name === 'duplicates' && subject.startsWith('sample-sft'))
    expect(check).toMatchObject({
      status: 'fail',
      value: 4.7619,
      evidence: [`line ${sft.length + 1} repeats line 1`, `line ${sft.length + 2} repeats line 2`],
    })
  })

  it('do not count when the same prompt has another answer', async () => {
    const other = sft.map((row) => ({ ...row, completion: `${row.completion} indeed` }))
    // Said twice with one word more, the texts are less diverse; they are no duplicates.
    expect(notPassed((await round1({ sft: [...sft, ...other] })).checks)).toEqual(['distinct2 sample-sft: warn'])
  })

  it.each([
    [2, 'pass'],
    [1.9, 'fail'],
  ])('of exactly 2 percent with the limit at %d percent: %s', async (max_dup_pct, status) => {
    const rows = Array.from({ length: 49 }, (_, i) => ({ prompt: `question ${i}`, completion: 'yes' }))
    const recipe = { ...sampleRecipe(), preflight: { max_dup_pct, min_len: 1, min_free_gb: 0 } }
    const report = await round1({ recipe, sft: [...rows, { prompt: 'question 0', completion: 'yes' }] })
    const check = report.checks.find(({ name, subject }) => name === 'duplicates' && subject.startsWith('sample-sft'))
    expect(check).toMatchObject({ value: 2, status })
  })
})

describe('a taint', () => {
  it.each([
    ['smoke', 'warn', true],
    ['prod', 'fail', false],
  ] as const)('in %s is a %s, of training and evaluation data', async (profile, status, pass) => {
    const taint = { prompts: ['random labels'], suite: ['seen before'] }
    const report = await round1({
      recipe: { profile, preflight: { pool_gates: 'report', min_len: 1, min_free_gb: 0 } },
      taint,
    })
    expect(report.pass).toBe(pass)
    expect(notPassed(report.checks)).toEqual([`taint sample-prompts: ${status}`, `taint sample-suite: ${status}`])
    expect(report.checks.find((check) => check.status === status)?.message).toBe('tainted: random labels')
  })
})
