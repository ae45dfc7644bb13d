import { describe, expect, it } from 'vitest'
import { dataKey, datasetFolder, getDataset, getDatasetVersion } from '../../../core/datasets/dataset-store.ts'
import { registerDataset } from '../../../core/datasets/register-dataset.ts'
import { uploadKey } from '../../../core/datasets/uploads.ts'
import { sha256OfBlob } from '../../../core/platform/digest.ts'
import { isFault } from '../../../core/platform/fault.ts'
import { Crash, crashing } from '../support/crashing.ts'
import { addDataset } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const caller = { principal: 'alice', idempotencyKey: 'k' }
const request = { upload: 'upl-00000000000000000001', taint: [] }
const effectsOfOneRegistration = 6 // key, rows, report, manifest, version, head

async function prepared(): Promise<TestPlatform> {
  const platform = createTestPlatform()
  await addDataset(platform, 'train', '{"prompt":"old","completion":"row"}')
  await platform.blobs.put(uploadKey(request.upload), '{"prompt":"p","completion":"c"}', 'absent')
  return platform
}

/** What a reader may rely on at any moment: the name points at a whole version, and a manifest at the rows it lists. */
async function requireWhole({ table, blobs }: TestPlatform): Promise<void> {
  const version = await getDatasetVersion(table, (await getDataset(table, 'train')).name)
  for (const { key } of (await blobs.list({ prefix: 'datasets/train/' })).items) {
    if (!key.endsWith('MANIFEST.json')) continue
    const manifest = JSON.parse(new TextDecoder().decode(await blobs.get(key)))
    const rows = await sha256OfBlob(blobs, key.replace('MANIFEST.json', 'data-00000.jsonl'))
    expect(rows).toEqual(manifest.files['data-00000.jsonl'])
    expect(await sha256OfBlob(blobs, key.replace('MANIFEST.json', 'report.json'))).toEqual(
      manifest.files['report.json'],
    )
  }
  expect(await blobs.head(`${datasetFolder('train', version.digest)}MANIFEST.json`)).toBeDefined()
  expect((await sha256OfBlob(blobs, dataKey(version))).sha256).toBe(version.digest)
}

const points = Array.from({ length: effectsOfOneRegistration }, (_, i) => i + 1).flatMap((at) => [
  { at, effect: 'lost' as const },
  { at, effect: 'done' as const },
])

describe('a registration that dies', () => {
  it.each(points)(
    'at effect $at, which is $effect, leaves whole versions only, and its repeat succeeds',
    async (point) => {
      const platform = await prepared()
      const dying = { ...platform, ...crashing(platform, point) }
      await expect(registerDataset(dying, 'train', request, caller)).rejects.toBeInstanceOf(Crash)
      await requireWhole(platform)

      const version = await registerDataset(platform, 'train', request, caller)
      await requireWhole(platform)
      expect((await getDataset(platform.table, 'train')).latest).toBe(version.digest)
      const announced = platform.events().filter(({ id }) => id.endsWith(version.digest))
      expect(announced).toHaveLength(1)
      expect(await registerDataset(platform, 'train', request, caller)).toEqual(version)
    },
  )

  it('has no effect that these cases leave out', async () => {
    const platform = await prepared()
    const counting = crashing(platform, { at: 0, effect: 'lost' })
    await registerDataset({ ...platform, ...counting }, 'train', request, caller)
    expect(counting.effects()).toBe(effectsOfOneRegistration)
  })
})

it('a process that dies within the write of the rows leaves none of them', async () => {
  const platform = await prepared()
  const dying = {
    ...platform,
    blobs: {
      ...platform.blobs,
      async *read(key: string) {
        for await (const piece of platform.blobs.read(key)) {
          yield piece.subarray(0, 10)
          throw new Crash('died')
        }
      },
    },
  }
  await expect(registerDataset(dying, 'train', request, caller)).rejects.toSatisfy((error) => !isFault(error))
  await requireWhole(platform)
})
