import { describe, expect, it } from 'vitest'
import { compareEvaluations, comparePaired } from '../../../core/evaluation/compare.ts'
import { openEvaluation } from '../../../core/evaluation/evaluation-store.ts'
import { items, prepareSuite, scored } from '../support/evaluations.ts'
import { jobId } from '../support/subject.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

async function compared(base: (i: number) => boolean, candidate: (i: number) => boolean) {
  const platform = createTestPlatform()
  const suite = await prepareSuite(platform)
  const a = await scored(platform, suite, 'base', base)
  const b = await scored(platform, suite, 'candidate', candidate)
  return compareEvaluations(platform, a.id, b.id)
}
const below = (limit: number) => (index: number) => index < limit

describe('two evaluations', () => {
  it('are compared item by item', async () => {
    const comparison = await compared(below(10), (i) => i >= 8 && i < 30)
    expect(comparison).toMatchObject({
      suite: 'quiz',
      n: items,
      base: { correct: 10, accuracy: 0.25 },
      candidate: { correct: 22, accuracy: 0.55 },
      only_candidate_right: 20,
      only_base_right: 8,
      difference: 0.3,
      verdict: 'better',
    })
    expect(comparison.p).toBeCloseTo(0.0356983, 6)
  })

  it.each([
    ['better', below(5), below(11)],
    ['inconclusive', below(5), below(10)],
    ['worse', below(11), below(5)],
    ['inconclusive', below(10), below(10)],
    ['inconclusive', (i: number) => i % 2 === 0, (i: number) => i % 2 === 1],
  ] as const)('give the verdict %s: %#', async (verdict, base, candidate) => {
    expect(await compared(base, candidate)).toMatchObject({ verdict })
  })
})

describe('a comparison is refused', () => {
  const refused = async (prepare: (platform: TestPlatform) => Promise<[string, string]>) => {
    const platform = createTestPlatform()
    return expect(compareEvaluations(platform, ...(await prepare(platform)))).rejects
  }

  it('between suites', async () => {
    const rejects = await refused(async (platform) => [
      (await scored(platform, await prepareSuite(platform), 'a', below(1))).id,
      (await scored(platform, await prepareSuite(platform, 'quiz', 32), 'b', below(2))).id,
    ])
    await rejects.toMatchObject({ code: 'illegal_transition', message: expect.stringContaining('different suites') })
  })

  it('between chat templates', async () => {
    const rejects = await refused(async (platform) => {
      const suite = await prepareSuite(platform)
      const a = await scored(platform, suite, 'a', below(1), 'one')
      return [a.id, (await scored(platform, suite, 'b', below(2), 'two')).id]
    })
    await rejects.toMatchObject({
      code: 'illegal_transition',
      message: expect.stringContaining('chat templates differ'),
    })
  })

  it('before both are scored', async () => {
    const rejects = await refused(async (platform) => {
      const suite = await prepareSuite(platform)
      const a = await scored(platform, suite, 'a', below(1))
      const subject = { base_model: { id: 'b', digest: 'b'.repeat(64) } }
      return [a.id, (await openEvaluation(platform, suite, subject, jobId)).id]
    })
    await rejects.toMatchObject({ code: 'illegal_transition', message: expect.stringContaining('not scored yet') })
  })

  it('when one of them misses items, at the end or within', async () => {
    const platform = createTestPlatform()
    const suite = await prepareSuite(platform)
    const [a, b] = [await scored(platform, suite, 'a', below(1)), await scored(platform, suite, 'b', below(2))]
    const scores = (...indexes: number[]) =>
      indexes.map((index) => ({ index, correct: true, extracted: '', expected: '' }))
    for (const [mine, other] of [
      [scores(0, 1, 2), scores(0, 1)],
      [scores(0, 1), scores(0, 1, 2)],
      [scores(0, 1, 2), scores(0, 2, 3)],
    ] as const)
      expect(() => comparePaired(a, mine, b, other)).toThrow(expect.objectContaining({ code: 'corrupt' }))
  })
})

it('a landslide is kept in a record, although its p is beyond what a table can hold', async () => {
  const platform = createTestPlatform()
  const suite = await prepareSuite(platform)
  const [a, b] = [await scored(platform, suite, 'a', below(0)), await scored(platform, suite, 'b', below(40))]
  const scores = (correct: boolean) =>
    Array.from({ length: 600 }, (_, index) => ({ index, correct, extracted: '', expected: '' }))
  const comparison = comparePaired(a, scores(false), b, scores(true))
  expect(comparison).toMatchObject({ p: 0, verdict: 'better' })
  await platform.table.put({ pk: 'JOB#1', sk: 'META', data: { comparison } }, 'absent')
})
