import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dataKey } from '../../../core/datasets/dataset-store.ts'
import { diffVersions, mostRows } from '../../../core/datasets/diff-versions.ts'
import { createHashCounts } from '../../../core/datasets/hash-counts.ts'
import { DatasetDiff, type DatasetVersion } from '../../../schemas/dataset.ts'
import { rejection } from '../support/caught.ts'
import { addDataset } from '../support/project.ts'
import { createTestPlatform } from '../support/test-platform.ts'

interface Short {
  id?: string
  text: string
}
const json = ({ id, text }: Short) => JSON.stringify({ ...(id !== undefined && { id }), prompt: text, answer: 'a' })

async function diffOf(before: Short[], after: Short[]): Promise<DatasetDiff> {
  const platform = createTestPlatform()
  const from = await addDataset(platform, 'before', before.map(json).join('\n'))
  const to = await addDataset(platform, 'after', after.map(json).join('\n'))
  return DatasetDiff.parse(await diffVersions(platform.blobs, from, to))
}

/** By the words of the schema: rows that both have, as often as both have them; the rest paired by id. */
function plainDiff(before: Short[], after: Short[]) {
  const left = before.map(json)
  const right: string[] = []
  let unchanged = 0
  for (const row of after.map(json)) {
    const at = left.indexOf(row)
    if (at === -1) right.push(row)
    else {
      left.splice(at, 1)
      unchanged += 1
    }
  }
  const ids = (rows: string[]) =>
    rows.map((row) => JSON.parse(row).id as string | undefined).filter((id) => id !== undefined)
  const open = ids(right)
  let changed = 0
  for (const id of ids(left)) {
    const at = open.indexOf(id)
    if (at === -1) continue
    open.splice(at, 1)
    changed += 1
  }
  return { unchanged, changed, removed: left.length - changed, added: right.length - changed }
}

describe('what changed', () => {
  it('is told row by row, with samples and the statistics that moved', async () => {
    const before = [{ text: 'same' }, { text: 'gone' }, { id: 'x', text: 'old words' }, { text: 'twice' }]
    const after = [
      { text: 'twice' },
      { id: 'x', text: 'new' },
      { text: 'twice' },
      { text: 'same' },
      { id: 'y', text: 'come' },
    ]
    const diff = await diffOf(before, after)
    expect(diff).toMatchObject({ added: 2, removed: 1, changed: 1, unchanged: 2 })
    expect(diff.from).toMatchObject({ name: 'before', rows: 4 })
    expect(diff.to).toMatchObject({ name: 'after', rows: 5 })
    expect(diff.samples).toEqual({
      added: [json({ text: 'twice' }), json({ id: 'y', text: 'come' })],
      removed: [json({ text: 'gone' })],
      changed: [{ id: 'x', from: json({ id: 'x', text: 'old words' }), to: json({ id: 'x', text: 'new' }) }],
    })
    expect(Object.keys(diff.columns)).toContain('words')
    expect(diff.columns.words?.from?.max).toBe(3)
    expect(diff.columns.words?.to?.max).toBe(2)
    expect(diff.categories).toEqual({})
  })

  it('is nothing between a version and itself, or the same rows in another order', async () => {
    const rows = [{ text: 'a' }, { id: 'x', text: 'b' }, { text: 'a' }]
    for (const other of [rows, rows.toReversed()]) {
      const diff = await diffOf(rows, other)
      expect(diff).toMatchObject({ added: 0, removed: 0, changed: 0, unchanged: 3, columns: {}, categories: {} })
      expect(diff.samples).toEqual({ added: [], removed: [], changed: [] })
    }
  })

  it('names labels that moved', async () => {
    const platform = createTestPlatform()
    const row = (task: string, prompt: string) => JSON.stringify({ task, prompt, answer: 'a' })
    const from = await addDataset(platform, 'd', [row('math', '1'), row('code', '2')].join('\n'))
    const to = await addDataset(platform, 'd', [row('math', '1'), row('math', '2')].join('\n'))
    const { categories } = await diffVersions(platform.blobs, from, to)
    expect(categories).toEqual({ task: { from: { math: 1, code: 1 }, to: { math: 2 } } })
  })

  it('counts as the definition does, gives no more samples than there are rows, and the same again', async () => {
    const row = fc.record({
      id: fc.option(fc.constantFrom('x', 'y', 'z'), { nil: undefined }),
      text: fc.constantFrom('a', 'b', 'c'),
    })
    const rows = fc.array(row as fc.Arbitrary<Short>, { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(rows, rows, async (before, after) => {
        const diff = await diffOf(before, after)
        const { added, removed, changed, unchanged, samples } = diff
        expect({ added, removed, changed, unchanged }).toEqual(plainDiff(before, after))
        expect(samples.added).toHaveLength(Math.min(10, added))
        expect(samples.removed).toHaveLength(Math.min(10, removed))
        expect(samples.changed).toHaveLength(Math.min(10, changed))
        const [old, young] = [before.map(json), after.map(json)]
        for (const text of samples.added) expect(young).toContain(text)
        for (const text of samples.removed) expect(old).toContain(text)
        for (const { id, from, to } of samples.changed) {
          expect([JSON.parse(from).id, JSON.parse(to).id]).toEqual([id, id])
          expect([old.includes(from), young.includes(to), from === to]).toEqual([true, true, false])
        }
      }),
      { seed: 3, numRuns: 60 },
    )
  })

  it('is not told of damaged rows', async () => {
    const platform = createTestPlatform()
    const from = await addDataset(platform, 'd', json({ text: 'a' }))
    const to = await addDataset(platform, 'd', json({ text: 'b' }))
    await platform.blobs.put(dataKey(to), `${json({ text: 'c' })}\n`, 'any')
    expect(await rejection(diffVersions(platform.blobs, from, to))).toMatchObject({ code: 'corrupt' })
  })

  it('is not told of more rows than fit, and says what to do instead', async () => {
    const platform = createTestPlatform()
    const version = await addDataset(platform, 'd', json({ text: 'a' }))
    const huge: DatasetVersion = { ...version, rows: mostRows + 1 }
    for (const [from, to] of [[version, huge] as const, [huge, version] as const])
      expect(await rejection(diffVersions(platform.blobs, from, to))).toMatchObject({
        code: 'too_large',
        message: expect.stringContaining('sluice data report d'),
      })
  })
})

it('counts of hashes are those of a map, while the table grows', () => {
  const counts = createHashCounts()
  const plain = new Map<string, number>()
  for (let i = 0; i < 30_000; i++) {
    const key = `${(i * 7919) % 9973}`
    const change = (i % 5) - 1
    const sum = (plain.get(key) ?? 0) + change
    plain.set(key, sum)
    expect(counts.add(i % 2 === 0 ? key : Buffer.from(key), change)).toBe(sum)
  }
  for (const [key, count] of plain) expect(counts.get(key)).toBe(count)
  expect(counts.get('never')).toBe(0)
})
