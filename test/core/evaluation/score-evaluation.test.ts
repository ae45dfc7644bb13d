import { describe, expect, it } from 'vitest'
import { getEvaluation, openEvaluation, readScores, responsesKey } from '../../../core/evaluation/evaluation-store.ts'
import { scoreEvaluation } from '../../../core/evaluation/score-evaluation.ts'
import { evaluationId, pinSuite } from '../../../core/evaluation/suite.ts'
import { sha256 } from '../../../core/platform/digest.ts'
import { Crash, crashing } from '../support/crashing.ts'
import { type Generation, generate, items, prepareSuite, scored } from '../support/evaluations.ts'
import { jobId } from '../support/subject.ts'
import { createTestPlatform } from '../support/test-platform.ts'

const even = (index: number) => index % 2 === 0

describe('a scored evaluation', () => {
  it('has a score for every item, in order, and a summary', async () => {
    const platform = createTestPlatform()
    const evaluation = await scored(platform, await prepareSuite(platform), 'm', even)
    expect(evaluation).toMatchObject({
      status: 'scored',
      summary: { n: items, correct: items / 2, accuracy: 0.5, answered: items, truncated: 0 },
    })
    const scores = await readScores(platform.blobs, evaluation.id)
    expect(scores.map(({ index, correct }) => [index, correct])).toEqual(scores.map((_, i) => [i, even(i)]))
  })

  it('counts answers that were cut off, which count as they stand', async () => {
    const platform = createTestPlatform()
    const { id } = await generate(platform, await prepareSuite(platform), 'm', {
      right: () => true,
      lines: (lines) => lines.map((line, i) => (i < 3 ? { ...line, finish_reason: 'length' } : line)),
    })
    expect(await scoreEvaluation(platform, id)).toMatchObject({ summary: { truncated: 3, correct: items } })
  })

  it('is not scored again', async () => {
    const platform = createTestPlatform()
    const evaluation = await scored(platform, await prepareSuite(platform), 'm', even)
    await platform.blobs.delete(responsesKey(evaluation.id))
    expect(await scoreEvaluation(platform, evaluation.id)).toEqual(evaluation)
  })

  it.each([1, 2, 3])('survives a process that dies at effect %i', async (at) => {
    for (const effect of ['lost', 'done'] as const) {
      const platform = createTestPlatform()
      const { id } = await generate(platform, await prepareSuite(platform), 'm', { right: even })
      const dying = crashing(platform, { at, effect })
      await expect(scoreEvaluation(dying, id)).rejects.toBeInstanceOf(Crash)
      expect(await scoreEvaluation(platform, id)).toMatchObject({ status: 'scored', summary: { correct: items / 2 } })
    }
  })
})

describe('a generation is refused', () => {
  it.each<[string, Partial<Generation>, string]>([
    ['when an item is missing', { lines: (lines) => lines.slice(0, -1) }, `${items - 1} of ${items} items`],
    ['when an item is answered twice', { lines: (lines) => [...lines, ...lines.slice(-1)] }, 'items must be in order'],
    ['when items are out of order', { lines: (lines) => lines.toReversed() }, 'line 1 answers item 39'],
    ['when a line is not a response', { lines: (lines) => [{ index: 0 }, ...lines.slice(1)] }, 'line 1 cannot be read'],
    [
      'when it answers another dataset',
      { manifest: (m) => ({ ...m, dataset_digest: sha256('x') }) },
      'is about dataset',
    ],
    [
      'when it is of another base model',
      { manifest: (m) => ({ ...m, base_model: { id: 'x', digest: sha256('x') } }) },
      'is about base model',
    ],
    [
      'when it is of another evaluation',
      { manifest: (m) => ({ ...m, evaluation: 'ev-other' }) },
      'is about evaluation',
    ],
    ['when its manifest lists no responses', { manifest: (m) => ({ ...m, files: {} }) }, 'does not list responses'],
    ['when its manifest is damaged', { manifest: () => ({}) }, 'manifest.json cannot be read'],
  ])('%s', async (_, change, message) => {
    const platform = createTestPlatform()
    const { id } = await generate(platform, await prepareSuite(platform), 'm', { right: even, ...change })
    await expect(scoreEvaluation(platform, id)).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining(message),
    })
    expect(await getEvaluation(platform.table, id)).toMatchObject({ status: 'pending' })
  })

  it('when its responses are not those of its manifest, or there is none', async () => {
    const platform = createTestPlatform()
    const { id } = await generate(platform, await prepareSuite(platform), 'm', { right: even })
    await platform.blobs.put(responsesKey(id), '', 'any')
    await expect(scoreEvaluation(platform, id)).rejects.toThrow('its manifest says')
    await platform.blobs.delete(`evaluations/${id}/manifest.json`)
    await expect(scoreEvaluation(platform, id)).rejects.toThrow('ended without')
  })
})

describe('the identity of an evaluation', () => {
  const version = { name: 'quiz', digest: sha256('rows'), rows: 40 }
  const pinned = {
    suite: 'quiz',
    dataset: 'quiz',
    scorer: { type: 'exact_match' as const, ignore_case: false },
    max_new_tokens: 16,
  }
  const subject = { base_model: { id: 'a', digest: sha256('a') } }
  const suiteOf = (
    evaluation: typeof pinned & { scorer: { answer_pattern?: string } },
    of = version,
    definition = 'gpu',
  ) => pinSuite({ evaluation, resources: { definition, timeout_seconds: 60 } }, of)

  it('covers everything that may move a score, and nothing else', () => {
    const suite = suiteOf(pinned)
    expect(suiteOf({ ...pinned, suite: 'renamed' }, { ...version, name: 'renamed' }).digest).toBe(suite.digest)
    const others = [
      suiteOf(pinned, { ...version, digest: sha256('other rows') }),
      suiteOf({ ...pinned, max_new_tokens: 17 }),
      suiteOf({ ...pinned, scorer: { ...pinned.scorer, ignore_case: true } }),
      suiteOf({ ...pinned, scorer: { ...pinned.scorer, answer_pattern: 'x' } }),
      suiteOf(pinned, version, 'other'),
    ]
    expect(new Set([suite, ...others].map(({ digest }) => digest)).size).toBe(6)
  })

  it('is one for whoever asks, and the first asker is named', async () => {
    const platform = createTestPlatform()
    const suite = suiteOf(pinned)
    const opened = await Promise.all(
      [1, 2].map((i) => openEvaluation(platform, suite, subject, `job-${i}`.padEnd(24, '0'))),
    )
    expect(opened[0]).toEqual(opened[1])
    expect(opened[0]?.id).toBe(evaluationId(suite, subject))
    const adapter = { manifest_key: 'k', manifest_digest: sha256('m'), final_key: 'f' }
    expect((await openEvaluation(platform, suite, { ...subject, adapter }, jobId)).id).not.toBe(opened[0]?.id)
  })
})
