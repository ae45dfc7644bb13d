import { describe, expect, it } from 'vitest'
import { dataKey, getDataset, getDatasetVersion, listVersions } from '../../../core/datasets/dataset-store.ts'
import { createMerkleTree } from '../../../core/datasets/merkle.ts'
import { readDataset } from '../../../core/datasets/read-dataset.ts'
import { registerDataset } from '../../../core/datasets/register-dataset.ts'
import { createUpload, uploadKey } from '../../../core/datasets/uploads.ts'
import { sha256, sha256OfBlob } from '../../../core/platform/digest.ts'
import type { Blobs } from '../../../core/platform/ports.ts'
import { DatasetVersion } from '../../../schemas/dataset.ts'
import { addDataset, anybody } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const first = '{"completion":"c","prompt":"p"}\r\n\r\n{"prompt":"q","completion":"d"}'
const canonical = '{"prompt":"p","completion":"c"}\n{"prompt":"q","completion":"d"}\n'
const second = '{"prompt":"other","completion":"row"}\n'

async function upload(platform: TestPlatform, content: string): Promise<string> {
  const id = `upl-${platform.ids.next()}`
  await platform.blobs.put(uploadKey(id), content, 'absent')
  return id
}

function rootOf(rows: string[]): string {
  const tree = createMerkleTree()
  for (const row of rows) tree.add(new TextEncoder().encode(row))
  return tree.root()
}

const stored = async (platform: TestPlatform, name: string) => ({
  blobs: (await platform.blobs.list({ prefix: `datasets/${name}/` })).items.map(({ key, etag }) => [key, etag]),
  head: await platform.table.get({ pk: `DS#${name}`, sk: 'HEAD' }),
  versions: await listVersions(platform.table, name, {}),
})

describe('a registered dataset', () => {
  it('is its canonical rows, named by the digest of the stored file', async () => {
    const platform = createTestPlatform()
    const version = await addDataset(platform, 'train', first)
    expect(version).toMatchObject({ name: 'train', rows: 2, bytes: canonical.length, format: 'sft', taint: [] })
    expect(version.digest).toBe(sha256(canonical))
    expect(version.source_sha256).toBe(sha256(first))
    expect(version.merkle_root).toBe(rootOf(['{"prompt":"p","completion":"c"}', '{"prompt":"q","completion":"d"}']))
    expect(version.lineage).toEqual({ how: 'upload', sources: [], operators: [], code_version: '0.1.0' })
    expect(DatasetVersion.parse(version)).toEqual(version)
    expect((await sha256OfBlob(platform.blobs, dataKey(version))).sha256).toBe(version.digest)
    expect(await Array.fromAsync(readDataset(platform.blobs, version))).toEqual([
      { index: 0, row: { prompt: 'p', completion: 'c' } },
      { index: 1, row: { prompt: 'q', completion: 'd' } },
    ])
  })

  it('is found by name and by digest, and announced once', async () => {
    const platform = createTestPlatform()
    const version = await addDataset(platform, 'train', first)
    expect(await getDatasetVersion(platform.table, 'train')).toEqual(version)
    expect(await getDatasetVersion(platform.table, `train@${version.digest}`)).toEqual(version)
    expect(platform.events()).toMatchObject([{ id: `dataset/train/${version.digest}`, type: 'dataset.registered.v1' }])
  })

  it('is the same version when the same rows come again, in another file too', async () => {
    const platform = createTestPlatform()
    const version = await addDataset(platform, 'train', first)
    const before = await stored(platform, 'train')
    await platform.clock.advance(1000)
    expect(await addDataset(platform, 'train', canonical)).toEqual(version)
    expect(await stored(platform, 'train')).toEqual(before)
    expect(platform.events()).toHaveLength(1)
  })

  it('keeps its earlier versions, and names the newest', async () => {
    const platform = createTestPlatform()
    const old = await addDataset(platform, 'train', first)
    const newer = await addDataset(platform, 'train', second)
    expect((await getDataset(platform.table, 'train')).latest).toBe(newer.digest)
    expect(await getDatasetVersion(platform.table, `train@${old.digest}`)).toEqual(old)
    await addDataset(platform, 'train', first)
    expect((await getDataset(platform.table, 'train')).latest).toBe(old.digest)
  })

  it('never loses a taint, whoever registers it again', async () => {
    const platform = createTestPlatform()
    await addDataset(platform, 'train', first, ['random labels'])
    expect(await addDataset(platform, 'train', first)).toMatchObject({ taint: ['random labels'] })
    expect(await addDataset(platform, 'train', first, ['leaked'])).toMatchObject({ taint: ['random labels', 'leaked'] })
    expect(await getDatasetVersion(platform.table, 'train')).toMatchObject({ taint: ['random labels', 'leaked'] })
  })

  it('is mended by registering it again when its stored rows were damaged', async () => {
    const platform = createTestPlatform()
    const version = await addDataset(platform, 'train', first)
    await platform.blobs.put(dataKey(version), 'damaged', 'any')
    await addDataset(platform, 'train', first)
    expect((await sha256OfBlob(platform.blobs, dataKey(version))).sha256).toBe(version.digest)
  })

  it('is registered by many at once as one version', async () => {
    const platform = createTestPlatform()
    const versions = await Promise.all([1, 2, 3].map(() => addDataset(platform, 'train', first)))
    expect(new Set(versions.map(({ digest }) => digest)).size).toBe(1)
    expect((await listVersions(platform.table, 'train', {})).items).toHaveLength(1)
    expect(platform.events()).toHaveLength(1)
  })
})

describe('a refused upload', () => {
  it.each([
    ['a bad row', `${canonical}{"prompt":5}\n`, {}, 'invalid'],
    ['another format than said', second, { format: 'answer' as const }, 'invalid'],
    ['another sha256 than said', second, { sha256: sha256('what I sent') }, 'corrupt'],
  ])('leaves everything as it was: %s', async (_, content, extra, code) => {
    const platform = createTestPlatform()
    await addDataset(platform, 'train', first)
    const before = await stored(platform, 'train')
    const id = await upload(platform, content)
    await expect(
      registerDataset(platform, 'train', { upload: id, taint: [], ...extra }, anybody),
    ).rejects.toMatchObject({ code })
    expect(await stored(platform, 'train')).toEqual(before)
    expect(platform.events()).toHaveLength(1)
  })

  it('that was never made is named with what to do', async () => {
    const platform = createTestPlatform()
    const { upload: id } = await createUpload(platform)
    await expect(registerDataset(platform, 'train', { upload: id, taint: [] }, anybody)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(`upload ${id} holds no file; PUT`),
    })
  })

  it('that changes while it is read publishes nothing', async () => {
    const platform = createTestPlatform()
    const id = await upload(platform, first)
    const blobs: Blobs = {
      ...platform.blobs,
      async put(key, body, guard) {
        if (key.endsWith('.jsonl')) await platform.blobs.put(uploadKey(id), second, 'any')
        return platform.blobs.put(key, body, guard)
      },
    }
    await expect(
      registerDataset({ ...platform, blobs }, 'train', { upload: id, taint: [] }, anybody),
    ).rejects.toMatchObject({ code: 'corrupt', message: expect.stringContaining('upload or build it again') })
    expect(await stored(platform, 'train')).toEqual({ blobs: [], head: undefined, versions: { items: [] } })
  })
})

describe('an idempotency key', () => {
  const alice = { principal: 'alice', idempotencyKey: 'k' }

  it('makes a repeat change nothing, not even which version is the newest', async () => {
    const platform = createTestPlatform()
    const request = { upload: await upload(platform, first), taint: [] }
    const version = await registerDataset(platform, 'train', request, alice)
    const newer = await addDataset(platform, 'train', second)
    expect(await registerDataset(platform, 'train', request, alice)).toEqual(version)
    expect((await getDataset(platform.table, 'train')).latest).toBe(newer.digest)
  })

  it('refuses another request, before anything is stored', async () => {
    const platform = createTestPlatform()
    await registerDataset(platform, 'train', { upload: await upload(platform, first), taint: [] }, alice)
    const request = { upload: await upload(platform, second), taint: [] }
    await expect(registerDataset(platform, 'other', request, alice)).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    })
    expect((await stored(platform, 'other')).blobs).toEqual([])
  })

  it('is not spent by a file that is refused', async () => {
    const platform = createTestPlatform()
    const id = await upload(platform, 'not json')
    await expect(registerDataset(platform, 'train', { upload: id, taint: [] }, alice)).rejects.toThrow()
    await registerDataset(platform, 'train', { upload: await upload(platform, first), taint: [] }, alice)
  })
})
