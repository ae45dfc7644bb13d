import { beforeEach, describe, expect, it } from 'vitest'
import { getDataset, getDatasetVersion, listVersions } from '../../../core/datasets/dataset-store.ts'
import { findDrop, listDrops } from '../../../core/datasets/drop-store.ts'
import { intakeDrop } from '../../../core/datasets/intake-drop.ts'
import { sha256 } from '../../../core/platform/digest.ts'
import type { Blobs } from '../../../core/platform/ports.ts'
import { DropReport } from '../../../schemas/drop.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const one = '{"prompt":"p","completion":"c"}\n'
const two = '{"prompt":"q","completion":"d"}\n'

let platform: TestPlatform
beforeEach(() => {
  platform = createTestPlatform()
})

const put = (key: string, content: string) => platform.blobs.put(key, content, 'any')
async function drop(key: string, content: string): Promise<DropReport | undefined> {
  await put(key, content)
  return intakeDrop(platform, key)
}
const versions = async () => (await listVersions(platform.table, 'train', {})).items.map(({ digest }) => digest)
const latest = async () => (await getDataset(platform.table, 'train')).latest
async function keys(): Promise<string[]> {
  return (await platform.blobs.list({ prefix: 'drops/' })).items.map(({ key }) => key)
}
const beside = async (key: string) =>
  DropReport.parse(JSON.parse(new TextDecoder().decode(await platform.blobs.get(`${key}.report.json`))))

describe('a dropped file', () => {
  it.each([
    ['drops/train/a.jsonl', one],
    ['drops/train/A.NDJSON', one],
    ['drops/train/rows.json', `[${one}]`],
    ['drops/train/2026/01/ä b.jsonl', one],
  ])('%s becomes a version of its dataset, with a report beside it', async (key, content) => {
    const report = await drop(key, content)
    expect(report).toMatchObject({
      key,
      status: 'accepted',
      dataset: 'train',
      digest: sha256(one),
      rows: 1,
      source_sha256: sha256(content),
      errors: [],
    })
    expect(await beside(key)).toEqual(report)
    expect(await findDrop(platform.table, key)).toEqual(report)
    expect(await getDatasetVersion(platform.table, 'train')).toMatchObject({
      digest: sha256(one),
      taint: [],
      lineage: { how: 'drop' },
    })
    expect(new TextDecoder().decode(await platform.blobs.get(key))).toBe(content)
  })

  it('changes nothing when its event comes again, late, or twice at once', async () => {
    await put('drops/train/a.jsonl', one)
    await Promise.all([1, 2, 3].map(() => intakeDrop(platform, 'drops/train/a.jsonl')))
    await drop('drops/train/b.jsonl', two)
    const etags = async () => (await platform.blobs.list({ prefix: '' })).items.map(({ key, etag }) => `${key} ${etag}`)
    const before = await etags()
    await platform.clock.advance(60_000)
    await intakeDrop(platform, 'drops/train/a.jsonl')
    expect(await etags()).toEqual(before)
    expect(await latest()).toBe(sha256(two))
    expect(await versions()).toHaveLength(2)
    expect(platform.events()).toHaveLength(2)
  })

  it('of known rows under another name is the same version, and the newest again', async () => {
    await drop('drops/train/a.jsonl', one)
    await drop('drops/train/b.jsonl', two)
    const report = await drop('drops/train/c.json', `[${one}]`)
    expect(report).toMatchObject({ status: 'accepted', digest: sha256(one) })
    expect(await versions()).toHaveLength(2)
    expect(await latest()).toBe(sha256(one))
  })

  it('is taken in anew when other rows replace it, and when the old ones come back', async () => {
    await drop('drops/train/a.jsonl', one)
    await drop('drops/train/a.jsonl', two)
    expect(await beside('drops/train/a.jsonl')).toMatchObject({ digest: sha256(two) })
    await drop('drops/train/a.jsonl', one)
    expect(await latest()).toBe(sha256(one))
    expect(await versions()).toHaveLength(2)
  })

  it('is taken in anew when its old bytes come back where the etag is their digest, as on S3', async () => {
    let writes = 0
    const blobs: Blobs = {
      ...platform.blobs,
      async head(asked) {
        const bytes = await platform.blobs.get(asked)
        const modifiedAt = new Date(writes * 1000).toISOString()
        return bytes && { key: asked, size: bytes.length, etag: sha256(bytes), modifiedAt }
      },
    }
    for (const content of [one, two, one]) {
      writes += 1
      await put('drops/train/a.jsonl', content)
      for (let event = 0; event < 2; event++) await intakeDrop({ ...platform, blobs }, 'drops/train/a.jsonl')
      expect(await latest()).toBe(sha256(content))
    }
    writes += 1
    await put('drops/train/b.jsonl', two)
    await intakeDrop({ ...platform, blobs }, 'drops/train/b.jsonl')
    await intakeDrop({ ...platform, blobs }, 'drops/train/a.jsonl')
    expect(await latest()).toBe(sha256(one))
  })

  it('that is gone when its event comes, or is a folder, leaves nothing', async () => {
    expect(await intakeDrop(platform, 'drops/train/gone.jsonl')).toBeUndefined()
    expect(await intakeDrop(platform, 'drops/train/')).toBeUndefined()
    expect(await keys()).toEqual([])
  })

  it.each([1, 2, 3])('that is replaced during pass %i over it is read again, as one file', async (pass) => {
    const key = 'drops/train/a.jsonl'
    await put(key, one)
    let passes = 0
    const blobs: Blobs = {
      ...platform.blobs,
      async *read(asked) {
        if (asked === key && ++passes === pass) await put(key, two)
        yield* platform.blobs.read(asked)
      },
    }
    const report = await intakeDrop({ ...platform, blobs }, key)
    expect(passes).toBeGreaterThan(pass)
    expect(report).toMatchObject({ digest: sha256(two), source_sha256: sha256(two) })
    expect(await beside(key)).toEqual(report)
    const stored = (await listVersions(platform.table, 'train', {})).items
    expect(stored).toMatchObject([{ digest: sha256(two), source_sha256: sha256(two) }])
  })

  it('that is replaced while its report is written leaves the report of the new one', async () => {
    const key = 'drops/train/a.jsonl'
    await put(key, one)
    let written = 0
    const blobs: Blobs = {
      ...platform.blobs,
      async put(asked, body, guard) {
        if (asked === `${key}.report.json` && ++written === 1) {
          await put(key, two)
          await intakeDrop(platform, key)
        }
        return platform.blobs.put(asked, body, guard)
      },
    }
    await intakeDrop({ ...platform, blobs }, key)
    expect(await beside(key)).toMatchObject({ digest: sha256(two) })
    expect(await latest()).toBe(sha256(two))
  })

  it('that never stands still is left for later', async () => {
    const key = 'drops/train/a.jsonl'
    await put(key, one)
    const blobs: Blobs = {
      ...platform.blobs,
      async *read(asked) {
        await put(key, one)
        yield* platform.blobs.read(asked)
      },
    }
    await expect(intakeDrop({ ...platform, blobs }, key)).rejects.toMatchObject({ code: 'busy' })
  })
})

describe('a refused file', () => {
  const refused = async (key: string, content: string) => {
    const report = await drop(key, content)
    expect(report?.status).toBe('refused')
    expect(await beside(key)).toEqual(report)
    for (const { message, remedy } of report?.errors ?? []) expect([message, remedy]).not.toContain('')
    return report as DropReport
  }

  it('names every bad line, and leaves the dataset as it was', async () => {
    await drop('drops/train/a.jsonl', one)
    const report = await refused('drops/train/b.jsonl', `${one}{"prompt":5}\n${one}not json\n`)
    expect(report.message).toContain('2 of 4 rows are bad')
    expect(report.errors.map(({ pointer }) => pointer)).toEqual(['/lines/2/prompt', '/lines/2/completion', '/lines/4'])
    expect(report.source_sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(await latest()).toBe(sha256(one))
    expect(platform.events()).toHaveLength(1)
  })

  it('with very many bad lines names the first hundred and counts them all, in short texts', async () => {
    const report = await refused('drops/train/a.jsonl', `{"${'x'.repeat(3000)}":1}\n`.repeat(5000))
    expect(report.errors).toHaveLength(100)
    expect(report.message).toContain('5000 of 5000 rows are bad')
    expect(JSON.stringify(report).length).toBeLessThan(200_000)
  })

  it.each([
    ['drops/train/empty.jsonl', '', ['invalid']],
    ['drops/train/rows.txt', one, ['unsupported_format']],
    ['drops/train/rows.jsonl.bz2', one, ['unsupported_format']],
    ['drops/My Data/rows.jsonl', one, ['bad_name']],
    ['drops/My Data/rows.txt', one, ['bad_name', 'unsupported_format']],
    ['drops/rows.jsonl', one, ['no_dataset']],
    ['drops/train/x.report.json', `[${one}]`, ['reserved_name']],
  ])('%s says why', async (key, content, codes) => {
    expect((await refused(key, content)).errors.map(({ code }) => code)).toEqual(codes)
    expect((await platform.blobs.list({ prefix: 'datasets/' })).items).toEqual([])
  })

  it('says in its message what is wrong with the place or the name', async () => {
    const report = await refused('drops/My Data/rows.txt', one)
    expect(report.message).toMatch(/^folder "My Data" cannot be a dataset: .*; "rows.txt" does not end in one of: /)
  })

  it.each([244, 255])(
    'whose name of %i bytes leaves no room for its report is told in the list only',
    async (length) => {
      const key = `drops/train/${'x'.repeat(length - 6)}.jsonl`
      const report = await drop(key, one)
      expect(report).toMatchObject({ status: 'refused', errors: [{ code: 'long_name' }] })
      expect(await findDrop(platform.table, key)).toEqual(report)
      expect(await intakeDrop(platform, key)).toEqual(report)
      expect(await keys()).toEqual([key])
    },
  )

  it('is accepted once it is corrected', async () => {
    await refused('drops/train/a.jsonl', 'not json')
    await drop('drops/train/a.jsonl', one)
    expect(await beside('drops/train/a.jsonl')).toMatchObject({ status: 'accepted', errors: [] })
  })
})

describe('a report', () => {
  it('is not taken in, however often its event comes, of accepted and of refused files', async () => {
    await drop('drops/train/a.jsonl', one)
    await drop('drops/train/x.report.json', 'mine')
    const before = await keys()
    for (let round = 0; round < 3; round++) for (const key of await keys()) await intakeDrop(platform, key)
    expect(await keys()).toEqual(before)
    expect(before).toEqual([
      'drops/train/a.jsonl',
      'drops/train/a.jsonl.report.json',
      'drops/train/x.report.json',
      'drops/train/x.report.json.report.json',
    ])
  })

  it('comes back when somebody deletes it and the event comes again', async () => {
    const report = await drop('drops/train/a.jsonl', one)
    await platform.blobs.delete('drops/train/a.jsonl.report.json')
    await intakeDrop(platform, 'drops/train/a.jsonl')
    expect(await beside('drops/train/a.jsonl')).toEqual(report)
  })

  it('is listed by dataset, also of a folder that cannot be one', async () => {
    await drop('drops/train/b.jsonl', one)
    await drop('drops/train/a.jsonl', 'bad')
    await drop('drops/My Data/a.jsonl', one)
    const listed = async (name: string) =>
      (await listDrops(platform.table, name, {})).items.map(({ key, status }) => `${key} ${status}`)
    expect(await listed('train')).toEqual(['drops/train/a.jsonl refused', 'drops/train/b.jsonl accepted'])
    expect(await listed('My Data')).toEqual(['drops/My Data/a.jsonl refused'])
    expect(await listed('other')).toEqual([])
  })
})
