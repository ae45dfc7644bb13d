import { describe, expect, it } from 'vitest'
import { getDatasetVersion } from '../../../../core/datasets/dataset-store.ts'
import { readReport } from '../../../../core/datasets/version-files.ts'
import { createTestPlatform, type TestPlatform } from '../../support/test-platform.ts'
import { build, register, story } from './support.ts'

async function difficultyOf(platform: TestPlatform, name: string) {
  const { rows, categories } = await readReport(platform.blobs, await getDatasetVersion(platform.table, name))
  const { easy = 0, hard = 0 } = categories.difficulty ?? {}
  return { rows, easy: easy / rows, hard: hard / rows, tasks: categories.task }
}

async function built(operators: object): Promise<TestPlatform> {
  const platform = createTestPlatform()
  const rows = Array.from({ length: 400 }, (_, i) => ({ ...story(i), task: i % 4 ? 'a' : 'b' }))
  await register(platform, 'raw', rows)
  const request = { kind: 'dataset', name: 'set', seed: 3, sources: [{ dataset: 'raw' }] }
  const off = { near_duplicates: false, exact_duplicates: false, decontaminate: false, clean: false }
  const made = await build(platform, { ...request, operators: { ...off, difficulty: {}, balance: {}, ...operators } })
  expect(made).toMatchObject({ status: 'succeeded' })
  return platform
}

describe('what is balanced', () => {
  it('stays balanced in a mix', async () => {
    const platform = await built({ mix: { weights: { a: 2, b: 1 }, rows: 90 } })
    const { rows, easy, hard, tasks } = await difficultyOf(platform, 'set')
    expect(rows).toBe(90)
    expect(tasks).toEqual({ a: 60, b: 30 })
    expect(hard).toBeGreaterThanOrEqual(0.3)
    expect(easy).toBeLessThanOrEqual(0.25)
  })

  it('is balanced in every part of a split, and of a split that is mixed', async () => {
    for (const mix of [false, { weights: { a: 1, b: 1 } }]) {
      const platform = await built({ mix, split: { parts: { train: 0.8, test: 0.2 } } })
      for (const part of ['set-train', 'set-test']) {
        const { rows, easy, hard } = await difficultyOf(platform, part)
        expect(rows).toBeGreaterThan(10)
        expect(hard).toBeGreaterThanOrEqual(0.3)
        expect(easy).toBeLessThanOrEqual(0.25)
      }
    }
  })

  it('is refused where rows hardly differ in difficulty', async () => {
    const platform = createTestPlatform()
    const same = Array.from({ length: 200 }, (_, i) => ({
      prompt: `Say word ${i}`,
      completion: `Word number ${i} it is.`,
    }))
    await register(platform, 'raw', same)
    const operators = { difficulty: {}, balance: {}, near_duplicates: false, clean: false }
    const made = await build(platform, { kind: 'dataset', name: 'set', sources: [{ dataset: 'raw' }], operators })
    expect(made).toMatchObject({
      status: 'failed',
      reason: { code: 'invalid', message: expect.stringContaining('difficulty hardly differs') },
    })
  })
})
