import { describe, expect, it } from 'vitest'
import { getDataset, getDatasetVersion, listVersions } from '../../../core/datasets/dataset-store.ts'
import { createMeasure } from '../../../core/datasets/measure-rows.ts'
import { type PublishedDraft, publishVersion } from '../../../core/datasets/publish-version.ts'
import { registerDataset } from '../../../core/datasets/register-dataset.ts'
import { listSuitePage, listSuites, markSuite } from '../../../core/datasets/suites.ts'
import { uploadKey } from '../../../core/datasets/uploads.ts'
import { verifyVersion } from '../../../core/datasets/verify-version.ts'
import { readReport } from '../../../core/datasets/version-files.ts'
import { sha256 } from '../../../core/platform/digest.ts'
import type { Blobs } from '../../../core/platform/ports.ts'
import type { Lineage } from '../../../schemas/dataset.ts'
import { Crash, crashing } from '../support/crashing.ts'
import { addDataset, anybody } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const rows = ['{"prompt":"p","answer":"a"}', '{"prompt":"q","answer":"b"}']
const lineage: Lineage = {
  how: 'build',
  build: 'bld-00000000000000000001',
  sources: [{ dataset: 'raw', digest: sha256('raw'), role: 'rows' }],
  operators: [{ operator: 'exact_dedup', config_digest: sha256('{}') }],
  seed: 7,
  code_version: '0.1.0',
}

function draftOf(lines: string[], change: Partial<PublishedDraft> = {}): PublishedDraft {
  const measure = createMeasure()
  for (const line of lines) measure.add(line)
  async function* content() {
    yield Buffer.from(lines.map((line) => `${line}\n`).join(''))
  }
  return { name: 'clean', format: 'answer', ...measure.finish(), content, lineage, taint: [], ...change }
}

const latest = async ({ table }: TestPlatform) => (await getDataset(table, 'clean')).latest

describe('a version that a build publishes', () => {
  it('has its lineage and no source file, and is whole', async () => {
    const platform = createTestPlatform()
    const version = await publishVersion(platform, draftOf(rows))
    expect(version).toMatchObject({ name: 'clean', rows: 2, lineage })
    expect(version).not.toHaveProperty('source_sha256')
    expect(await getDatasetVersion(platform.table, 'clean')).toEqual(version)
    expect(await verifyVersion(platform.blobs, version)).toMatchObject({ ok: true })
    expect(platform.events()).toMatchObject([{ id: `dataset/clean/${version.digest}` }])
  })

  it('changes nothing when it is published again, not even which version is the newest', async () => {
    const platform = createTestPlatform()
    const version = await publishVersion(platform, draftOf(rows))
    await addDataset(platform, 'clean', '{"prompt":"newer","answer":"row"}')
    const newest = await latest(platform)
    expect(await publishVersion(platform, draftOf(rows))).toEqual(version)
    expect(await latest(platform)).toBe(newest)
    const again = draftOf(rows, { lineage: { ...lineage, build: 'bld-00000000000000000002' } })
    expect(await publishVersion(platform, again)).toEqual(version)
    expect(await latest(platform)).toBe(version.digest)
  })

  it('leaves nothing when its rows are not those that were measured', async () => {
    const platform = createTestPlatform()
    const draft = draftOf(rows, { content: draftOf(['{"prompt":"other","answer":"row"}']).content })
    await expect(publishVersion(platform, draft)).rejects.toMatchObject({ code: 'corrupt' })
    expect((await platform.blobs.list({ prefix: '' })).items).toEqual([])
    expect((await listVersions(platform.table, 'clean', {})).items).toEqual([])
  })

  it('keeps the first lineage and report of the same rows, and every taint', async () => {
    const platform = createTestPlatform()
    const first = await addDataset(platform, 'clean', rows.join('\n'), ['leaked'])
    const draft = draftOf(rows, { taint: ['random labels'] })
    const second = await publishVersion(platform, { ...draft, report: { ...draft.report, samples: ['another'] } })
    expect(second).toEqual({ ...first, taint: ['leaked', 'random labels'] })
    expect((await readReport(platform.blobs, second)).samples).toEqual(rows)
  })

  it('is one version with one report when two publish it at the same time', async () => {
    const platform = createTestPlatform()
    const drafts = ['one', 'two', 'three'].map((sample) => {
      const draft = draftOf(rows)
      return { ...draft, report: { ...draft.report, samples: [sample] } }
    })
    const versions = await Promise.all(drafts.map((draft) => publishVersion(platform, draft)))
    expect(new Set(versions.map((version) => JSON.stringify(version))).size).toBe(1)
    expect(await verifyVersion(platform.blobs, versions[0] as (typeof versions)[number])).toMatchObject({ ok: true })
  })

  it('is whole when another one overtakes it between two of its steps', async () => {
    const platform = createTestPlatform()
    const [slowLooked, quickReported, slowDone] = Array.from({ length: 3 }, () => Promise.withResolvers<void>())
    const withReport = (sample: string) => {
      const draft = draftOf(rows)
      return { ...draft, report: { ...draft.report, samples: [sample] } }
    }
    const put = platform.blobs.put
    const slow: Blobs = {
      ...platform.blobs,
      async put(key, body, guard) {
        if (!key.endsWith('report.json')) return put(key, body, guard)
        slowLooked?.resolve()
        await quickReported?.promise
        return put(key, body, guard)
      },
    }
    const quick: Blobs = {
      ...platform.blobs,
      async put(key, body, guard) {
        if (key.endsWith('report.json')) await slowLooked?.promise
        if (key.endsWith('MANIFEST.json')) await slowDone?.promise
        const info = await put(key, body, guard)
        if (key.endsWith('report.json')) quickReported?.resolve()
        return info
      },
    }
    const [version] = await Promise.all([
      publishVersion({ ...platform, blobs: slow }, withReport('slow')).finally(() => slowDone?.resolve()),
      publishVersion({ ...platform, blobs: quick }, withReport('quick')),
    ])
    expect((await readReport(platform.blobs, version)).samples).toEqual(['quick'])
    expect(await verifyVersion(platform.blobs, version)).toMatchObject({ ok: true })
  })

  const effects = 7 // rows, report, manifest, suite, key, version, head
  const points = Array.from({ length: effects }, (_, i) => i + 1).flatMap((at) => [
    { at, effect: 'lost' as const },
    { at, effect: 'done' as const },
  ])

  it.each(points)(
    'and dies at effect $at, which is $effect, is not half there, and its repeat ends it',
    async (point) => {
      const platform = createTestPlatform()
      await addDataset(platform, 'clean', '{"prompt":"old","answer":"row"}')
      const old = await latest(platform)
      const draft = draftOf(rows, { suite: true })
      await expect(publishVersion({ ...platform, ...crashing(platform, point) }, draft)).rejects.toBeInstanceOf(Crash)
      for (const version of (await listVersions(platform.table, 'clean', {})).items)
        expect(await verifyVersion(platform.blobs, version)).toMatchObject({ ok: true })
      expect([old, draft.digest]).toContain(await latest(platform))
      const isThere = (await listVersions(platform.table, 'clean', {})).items.some(
        ({ digest }) => digest === draft.digest,
      )
      if (isThere) expect(await listSuites(platform.table)).toHaveLength(1)

      await publishVersion(platform, draft)
      expect(await latest(platform)).toBe(draft.digest)
      expect((await listSuites(platform.table)).map(({ digest }) => digest)).toEqual([draft.digest])
      expect(platform.events().filter(({ id }) => id.endsWith(draft.digest))).toHaveLength(1)
    },
  )

  it('has no effect that these cases leave out', async () => {
    const platform = createTestPlatform()
    const counting = crashing(platform, { at: 0, effect: 'lost' })
    await publishVersion({ ...platform, ...counting }, draftOf(rows, { suite: true }))
    expect(counting.effects()).toBe(effects)
  })
})

describe('suites', () => {
  it('are the newest versions of what is marked, by name, where there is one', async () => {
    const platform = createTestPlatform()
    await addDataset(platform, 'quiz', rows.join('\n'))
    await addDataset(platform, 'train', rows.join('\n'))
    for (const name of ['quiz', 'absent', 'quiz']) await markSuite(platform.table, name)
    const newer = await addDataset(platform, 'quiz', rows[0] as string)
    expect(await listSuites(platform.table)).toEqual([newer])
    await addDataset(platform, 'absent', rows.join('\n'))
    expect((await listSuites(platform.table)).map(({ name }) => name)).toEqual(['absent', 'quiz'])
    const first = await listSuitePage(platform.table, { limit: 1 })
    const rest = await listSuitePage(platform.table, { limit: 1, cursor: first.cursor })
    expect([...first.items, ...rest.items].map(({ name }) => name)).toEqual(['absent', 'quiz'])
  })

  it('are what is registered as one, from then on, also where only the flag is new', async () => {
    const platform = createTestPlatform()
    const upload = `upl-${platform.ids.next()}`
    await platform.blobs.put(uploadKey(upload), rows.join('\n'), 'absent')
    await registerDataset(platform, 'quiz', { upload, taint: [] }, anybody)
    expect(await listSuites(platform.table)).toEqual([])
    await registerDataset(platform, 'quiz', { upload, taint: [], suite: true }, anybody)
    expect(await listSuites(platform.table)).toHaveLength(1)
    await registerDataset(platform, 'quiz', { upload, taint: [], suite: false }, anybody)
    expect(await listSuites(platform.table)).toHaveLength(1)
  })
})
