import { describe, expect, it } from 'vitest'
import { documentKey } from '../../../../core/data-factory/build/build-store.ts'
import { features } from '../../../../core/data-factory/difficulty/features.ts'
import { bucketOf } from '../../../../core/data-factory/difficulty/freeze-difficulty.ts'
import { getDatasetVersion } from '../../../../core/datasets/dataset-store.ts'
import { readReport } from '../../../../core/datasets/version-files.ts'
import { describeRow } from '../../../../core/text/describe-row.ts'
import type { FrozenDifficulty } from '../../../../schemas/difficulty.ts'
import { createTestPlatform } from '../../support/test-platform.ts'
import { build, register, rowsOf, story } from './support.ts'

describe('a build that measures difficulty', () => {
  it('says of every row how hard it is, as anybody can recompute from its text', async () => {
    const platform = createTestPlatform()
    await register(
      platform,
      'raw',
      Array.from({ length: 90 }, (_, i) => ({ ...story(i), task: i % 2 ? 'odd' : 'even' })),
    )
    const made = await build(platform, {
      kind: 'dataset',
      name: 'pool',
      sources: [{ dataset: 'raw' }],
      operators: { difficulty: {}, balance: {} },
    })
    expect(made.status).toBe('succeeded')
    const version = await getDatasetVersion(platform.table, 'pool')
    const report = await readReport(platform.blobs, version)
    const rows = await rowsOf(platform, version)
    const metrics = Buffer.from((await platform.blobs.get(documentKey(made.id, 'pool.metrics.jsonl'))) ?? [])
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(metrics).toHaveLength(rows.length)
    for (const [i, row] of rows.entries()) {
      const own = features(row, describeRow(row).tokens_estimated)
      const difficulty = bucketOf(report.difficulty as FrozenDifficulty, row.task as string, own)
      expect(metrics[i]).toMatchObject({ row: i + 1, task: row.task, len: own[0], turns: 1, difficulty })
    }
    const tally = report.categories.difficulty ?? {}
    expect((tally.hard ?? 0) / rows.length).toBeGreaterThanOrEqual(0.3)
    expect((tally.easy ?? 0) / rows.length).toBeLessThanOrEqual(0.25)
    expect(report.columns.difficulty_len?.n).toBe(rows.length)
  })
})
