import { describe, expect, it } from 'vitest'
import { getDataset, listVersions } from '../../../core/datasets/dataset-store.ts'
import { intakeDrop } from '../../../core/datasets/intake-drop.ts'
import { sha256 } from '../../../core/platform/digest.ts'
import { deployable } from '../../../functions/manifest.ts'
import { restrictTo } from '../../../functions/restrict-platform.ts'
import { Crash, crashing } from '../support/crashing.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const key = 'drops/train/a.jsonl'
const good = '{"prompt":"p","completion":"c"}\n'
const other = '{"prompt":"q","completion":"d"}\n'
const effectsOf = { [good]: 8, 'not json': 2 } // key, rows, report, manifest, version, head; then record and report

async function prepared(content: string): Promise<TestPlatform> {
  const platform = createTestPlatform()
  await platform.blobs.put(key, content, 'any')
  return platform
}

async function endState(platform: TestPlatform) {
  const { items } = await platform.blobs.list({ prefix: '' })
  const report = JSON.parse(new TextDecoder().decode(await platform.blobs.get(`${key}.report.json`)))
  return {
    keys: items.map((item) => item.key),
    report: { ...report, etag: '', modified_at: '' },
    record: { ...(await platform.table.get({ pk: 'DROP#train', sk: key }))?.data, etag: '', modified_at: '' },
    versions: (await listVersions(platform.table, 'train', {})).items,
    head: await platform.table.get({ pk: 'DS#train', sk: 'HEAD' }),
    events: platform.events(),
  }
}

describe.each([
  ['a good file', good],
  ['a refused file', 'not json'],
] as const)('the intake of %s that dies', (_, content) => {
  const points = Array.from({ length: effectsOf[content] ?? 0 }, (_, i) => i + 1).flatMap((at) => [
    { at, effect: 'lost' as const },
    { at, effect: 'done' as const },
  ])

  it.each(points)('at effect $at, which is $effect, ends the same when its event comes again', async (point) => {
    const undisturbed = await prepared(content)
    await intakeDrop(undisturbed, key)
    const platform = await prepared(content)
    await expect(intakeDrop({ ...platform, ...crashing(platform, point) }, key)).rejects.toBeInstanceOf(Crash)
    await intakeDrop(platform, key)
    expect(await endState(platform)).toEqual(await endState(undisturbed))
  })

  it('has no effect that these cases leave out, and uses nothing that its function is not granted', async () => {
    const platform = await prepared(content)
    const counting = crashing(platform, { at: 0, effect: 'lost' })
    await intakeDrop(restrictTo({ ...platform, ...counting }, deployable('intake-drop')), key)
    expect(counting.effects()).toBe(effectsOf[content])
  })
})

it('an intake that dies after it moved the name does not move it back past a newer file', async () => {
  const platform = await prepared(good)
  await expect(
    intakeDrop({ ...platform, ...crashing(platform, { at: 6, effect: 'lost' }) }, key),
  ).rejects.toBeInstanceOf(Crash)
  await platform.blobs.put('drops/train/b.jsonl', other, 'any')
  await intakeDrop(platform, 'drops/train/b.jsonl')
  await intakeDrop(platform, key)
  expect((await getDataset(platform.table, 'train')).latest).toBe(sha256(other))
})
