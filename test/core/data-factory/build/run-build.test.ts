import { describe, expect, it } from 'vitest'
import { droppedKey, getBuild, resultKey } from '../../../../core/data-factory/build/build-store.ts'
import { listDroppedRows } from '../../../../core/data-factory/build/dropped-rows.ts'
import { getDatasetVersion } from '../../../../core/datasets/dataset-store.ts'
import { verifyVersion } from '../../../../core/datasets/verify-version.ts'
import { readReport } from '../../../../core/datasets/version-files.ts'
import { createTestPlatform } from '../../support/test-platform.ts'
import { build, everything, register, rowsOf, story } from './support.ts'

describe('a build', () => {
  it('makes a version of the rows that stay, and accounts for every other', async () => {
    const platform = createTestPlatform()
    const rows = [
      ...Array.from({ length: 20 }, (_, i) => story(i)),
      story(3),
      { ...story(4), completion: `${story(4).completion} indeed` },
      { ...story(30), completion: '{question}' },
      { ...story(31), prompt: 'Write to ann@example.com please, the whole story again' },
      {
        prompt: 'A farmer has twelve cows and buys seven more at the market; how many cows now?',
        completion: 'Nineteen cows.',
      },
    ]
    await register(platform, 'raw', rows)
    await register(
      platform,
      'exam',
      [{ prompt: 'A farmer has twelve cows and buys seven more at the market; how many cows now?', answer: '19' }],
      { suite: true },
    )
    const made = await build(platform, { kind: 'dataset', name: 'clean', sources: [{ dataset: 'raw' }] })

    expect(made).toMatchObject({ status: 'succeeded', dropped: 4 })
    const version = await getDatasetVersion(platform.table, 'clean')
    expect(made.outputs).toEqual([{ dataset: 'clean', digest: version.digest, rows: rows.length - 4 }])
    expect(version.lineage).toMatchObject({
      how: 'build',
      build: made.id,
      sources: [
        { dataset: 'raw', role: 'rows' },
        { dataset: 'exam', role: 'decontaminated_against' },
      ],
    })
    expect(version.lineage.operators.map(({ operator }) => operator)).toEqual([
      'normalise',
      'clean',
      'length',
      'pii',
      'decontaminate',
      'exact_duplicates',
      'near_duplicates',
    ])
    expect(await verifyVersion(platform.blobs, version)).toMatchObject({ ok: true, problems: [] })
    const kept = await rowsOf(platform, version)
    expect(kept.map((row) => JSON.stringify(row)).join('\n')).not.toContain('ann@example.com')

    const { items } = await listDroppedRows(platform, made.id, { limit: 100 })
    expect(items.map(({ operator, reason, row }) => ({ operator, reason, row }))).toEqual([
      { operator: 'clean', reason: 'placeholder', row: 23 },
      { operator: 'decontaminate', reason: 'leak_plain', row: 25 },
      { operator: 'exact_duplicates', reason: 'exact_duplicate', row: 21 },
      { operator: 'near_duplicates', reason: 'near_duplicate', row: 22 },
    ])
    const report = await readReport(platform.blobs, version)
    for (const [i, { rows_in, rows_out }] of report.operators.entries())
      expect(rows_in).toBe(i === 0 ? rows.length : (report.operators[i - 1]?.rows_out ?? rows_out))
    expect(report.rows).toBe(kept.length)
    expect(report.columns.words?.n).toBe(kept.length)
  })

  it('gives the same version for the same sources, request and seed', async () => {
    const digests = []
    for (let run = 0; run < 2; run++) {
      const platform = createTestPlatform()
      await register(
        platform,
        'raw',
        Array.from({ length: 60 }, (_, i) => ({ ...story(i), task: i % 3 ? 'a' : 'b' })),
      )
      const made = await build(platform, everything)
      expect(made).toMatchObject({ status: 'succeeded' })
      digests.push(made.outputs)
    }
    expect(digests[0]).toEqual(digests[1])
  })

  it('taints what it makes of tainted rows', async () => {
    const platform = createTestPlatform()
    await register(platform, 'raw', [story(1), story(2)], { taint: ['random labels'] })
    await build(platform, { kind: 'dataset', name: 'clean', sources: [{ dataset: 'raw' }], taint: ['toy'] })
    expect((await getDatasetVersion(platform.table, 'clean')).taint).toEqual(['toy', 'random labels'])
  })

  it('fails with the operators that took the rows when none is left, and shows nothing', async () => {
    const platform = createTestPlatform()
    await register(platform, 'raw', [story(1)])
    const made = await build(platform, {
      kind: 'dataset',
      name: 'clean',
      sources: [{ dataset: 'raw' }],
      operators: { length: { max_tokens: 1 } },
    })
    expect(made).toMatchObject({
      status: 'failed',
      reason: { code: 'invalid', message: expect.stringContaining('length 1 -> 0') },
    })
    await expect(getDatasetVersion(platform.table, 'clean')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('publishes nothing when stored rows are not those that were registered', async () => {
    const platform = createTestPlatform()
    const version = await register(platform, 'raw', [story(1), story(2)])
    await platform.blobs.put(`datasets/raw/${version.digest}/data-00000.jsonl`, `${JSON.stringify(story(1))}\n`, 'any')
    const made = await build(platform, { kind: 'dataset', name: 'clean', sources: [{ dataset: 'raw' }] })
    expect(made).toMatchObject({ status: 'failed', reason: { code: 'corrupt' } })
    expect(await platform.blobs.head(resultKey(made.id))).toBeUndefined()
    await expect(getDatasetVersion(platform.table, 'clean')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('refuses sources of different formats', async () => {
    const platform = createTestPlatform()
    await register(platform, 'raw', [story(1)])
    await register(platform, 'other', [{ prompt: 'a long question', answer: '1' }])
    const made = await build(platform, {
      kind: 'dataset',
      name: 'clean',
      sources: [{ dataset: 'raw' }, { dataset: 'other' }],
    })
    expect(made).toMatchObject({
      status: 'failed',
      reason: { message: expect.stringContaining('raw sft, other answer') },
    })
  })

  it('keeps near-duplicates together when it splits, and says what the parts got', async () => {
    const platform = createTestPlatform()
    const rows = Array.from({ length: 40 }, (_, i) => [
      story(i),
      { ...story(i), completion: `${story(i).completion} again` },
    ]).flat()
    await register(platform, 'raw', rows)
    const made = await build(platform, {
      kind: 'dataset',
      name: 'set',
      sources: [{ dataset: 'raw' }],
      operators: { near_duplicates: false, split: { parts: { train: 3, test: 1 } } },
    })
    expect(made.outputs.map(({ dataset, rows: count }) => ({ dataset, count }))).toEqual([
      { dataset: 'set-train', count: 60 },
      { dataset: 'set-test', count: 20 },
    ])
    const [train, test] = await Promise.all(
      ['set-train', 'set-test'].map(async (name) => rowsOf(platform, await getDatasetVersion(platform.table, name))),
    )
    const prompts = new Set(train?.map((row) => JSON.stringify('prompt' in row && row.prompt)))
    for (const row of test ?? []) expect(prompts.has(JSON.stringify('prompt' in row && row.prompt))).toBe(false)
  })

  it('finds its result when it is done again, and makes nothing twice', async () => {
    const platform = createTestPlatform()
    await register(platform, 'raw', [story(1), story(2)])
    const made = await build(platform, { kind: 'dataset', name: 'clean', sources: [{ dataset: 'raw' }] }, { runs: 3 })
    expect(made).toMatchObject({ status: 'succeeded' })
    expect((await getBuild(platform.table, made.id)).outputs).toHaveLength(1)
    expect(platform.events().filter(({ type }) => type === 'build.finished.v1')).toHaveLength(1)
    expect(await platform.blobs.head(droppedKey(made.id))).toBeDefined()
  })
})
