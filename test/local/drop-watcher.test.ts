import { existsSync, readFileSync, statSync } from 'node:fs'
import { appendFile, mkdir, rename, symlink, unlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { getDataset, listVersions } from '../../core/datasets/dataset-store.ts'
import { findDrop } from '../../core/datasets/drop-store.ts'
// Loaded with the first drop: that takes longer than these tests' seconds.
import '../../core/datasets/intake-drop.ts'
import { Fault } from '../../core/platform/fault.ts'
import { startDropWatcher } from '../../local/drop-watcher.ts'
import type { DropReport } from '../../schemas/drop.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'

const one = '{"prompt":"p","completion":"c"}\n'
const two = '{"prompt":"q","completion":"d"}\n'

let platform: TestPlatform
let logs: string[]
const at = (name: string) => join(platform.directory, 'drops', name)
const seconds = (count: number) => platform.clock.advance(count * 1000)

function start(change: Partial<TestPlatform> = {}) {
  const watcher = startDropWatcher({
    directory: at(''),
    platform: { ...platform, ...change },
    log: (message) => logs.push(message),
  })
  onTestFinished(() => watcher.stop())
  return watcher
}

async function write(name: string, content: string): Promise<void> {
  await mkdir(dirname(at(name)), { recursive: true })
  await writeFile(at(name), content)
}

const reportOf = (name: string): DropReport | undefined =>
  existsSync(at(`${name}.report.json`)) ? JSON.parse(readFileSync(at(`${name}.report.json`), 'utf8')) : undefined
const versions = async () => (await listVersions(platform.table, 'train', {})).items.length
const blobKeys = async () => (await platform.blobs.list({ prefix: 'drops/' })).items.map(({ key }) => key)

beforeEach(() => {
  platform = createTestPlatform()
  logs = []
})

describe('the drop folder', () => {
  it('takes in a file that two looks found unchanged, and puts the report beside it', async () => {
    start()
    await seconds(1)
    await write('train/a.jsonl', one)
    await seconds(1)
    expect(reportOf('train/a.jsonl')).toBeUndefined()
    await seconds(1)
    expect(reportOf('train/a.jsonl')).toMatchObject({ status: 'accepted', dataset: 'train', rows: 1 })
    expect(readFileSync(at('train/a.jsonl'), 'utf8')).toBe(one)
    await seconds(5)
    expect(await blobKeys()).toEqual(['drops/train/a.jsonl', 'drops/train/a.jsonl.report.json'])
    expect(logs).toEqual([])
  })

  it('waits while a file grows', async () => {
    start()
    await write('train/a.jsonl', one)
    for (let i = 0; i < 5; i++) {
      await seconds(1)
      await appendFile(at('train/a.jsonl'), one)
    }
    expect(await blobKeys()).toEqual([])
    await seconds(2)
    expect(reportOf('train/a.jsonl')).toMatchObject({ rows: 6 })
  })

  it('leaves unfinished and hidden files alone until they get their name', async () => {
    start()
    for (const name of ['train/a.jsonl.part', 'train/a.tmp', 'train/.hidden.jsonl', '.git/a.jsonl'])
      await write(name, one)
    await seconds(4)
    expect(await blobKeys()).toEqual([])
    await rename(at('train/a.jsonl.part'), at('train/a.jsonl'))
    await seconds(3)
    expect(reportOf('train/a.jsonl')).toMatchObject({ status: 'accepted' })
  })

  it('takes in older files first, so that the newest one names the dataset', async () => {
    await write('train/a.jsonl', two)
    await write('train/b.jsonl', one)
    await utimes(at('train/b.jsonl'), 1000, 1000)
    start()
    await seconds(2)
    expect(reportOf('train/a.jsonl')?.digest).toBe((await getDataset(platform.table, 'train')).latest)
  })

  it('sees subfolders as part of the file name', async () => {
    start()
    await write('train/2026/01/a.jsonl', one)
    await seconds(2)
    expect(reportOf('train/2026/01/a.jsonl')).toMatchObject({ status: 'accepted', dataset: 'train' })
  })

  it('takes in a file again when it changes, and not when it is only touched', async () => {
    start()
    await write('train/a.jsonl', 'not json')
    await seconds(2)
    expect(reportOf('train/a.jsonl')).toMatchObject({ status: 'refused' })
    await write('train/a.jsonl', one)
    await seconds(2)
    const accepted = reportOf('train/a.jsonl')
    expect(accepted).toMatchObject({ status: 'accepted' })
    await utimes(at('train/a.jsonl'), new Date(), new Date())
    await seconds(3)
    expect(reportOf('train/a.jsonl')).toEqual(accepted)
  })

  it('takes in files once over restarts, also one that changed while nobody looked', async () => {
    await write('train/a.jsonl', one)
    await write('train/b.jsonl', 'bad')
    const first = start()
    await seconds(3)
    await first.stop()
    const before = (await platform.blobs.list({ prefix: '' })).items
    const report = statSync(at('train/a.jsonl.report.json')).mtimeMs
    const second = start()
    await seconds(3)
    expect((await platform.blobs.list({ prefix: '' })).items).toEqual(before)
    expect(statSync(at('train/a.jsonl.report.json')).mtimeMs).toBe(report)
    await second.stop()

    // The same length, and an older time than before.
    await write('train/c', two)
    await utimes(at('train/c'), 1000, 1000)
    await rename(at('train/c'), at('train/a.jsonl'))
    start()
    await seconds(3)
    expect(await versions()).toBe(2)
  })

  it('puts a report back that was removed', async () => {
    await write('train/a.jsonl', one)
    const first = start()
    await seconds(2)
    await first.stop()
    await unlink(at('train/a.jsonl.report.json'))
    start()
    await seconds(2)
    expect(reportOf('train/a.jsonl')).toMatchObject({ status: 'accepted' })
  })

  it('refuses links without reading what they point at', async () => {
    await write('elsewhere', one)
    await mkdir(at('train'))
    await symlink(at('elsewhere'), at('train/link.jsonl'))
    await symlink('/', at('train/root'))
    start()
    await seconds(5)
    for (const name of ['train/link.jsonl', 'train/root'])
      expect(reportOf(name)).toMatchObject({
        status: 'refused',
        errors: [{ remedy: 'drop a copy of the file itself' }],
      })
    expect((await blobKeys()).filter((key) => key.includes('train'))).toEqual([])
  })

  it('says in a report what has no dataset or a name that is no key', async () => {
    await write('a.jsonl', one)
    await write('train/back\\slash.jsonl', one)
    start()
    await seconds(5)
    expect(reportOf('a.jsonl')).toMatchObject({ status: 'refused', errors: [{ code: 'no_dataset' }] })
    expect(reportOf('train/back\\slash.jsonl')).toMatchObject({
      status: 'refused',
      errors: [{ remedy: 'rename the file' }],
    })
    expect(logs).toEqual([])
  })

  it('never overwrites a file of the user that has the name of a report', async () => {
    await write('train/a.jsonl.report.json', 'mine')
    await write('train/a.jsonl', one)
    start()
    await seconds(4)
    expect(readFileSync(at('train/a.jsonl.report.json'), 'utf8')).toBe('mine')
    expect(logs[0]).toContain('a.jsonl was looked at, but its report could not be put beside it')
    expect(await versions()).toBe(1)
  })

  it('leaves alone what lies in the place of a report, and the stored report as it is', async () => {
    await write('train/a.jsonl', one)
    start()
    await seconds(2)
    const report = await platform.blobs.get('drops/train/a.jsonl.report.json')
    await write('train/a.jsonl.report.json', 'edited')
    await seconds(5)
    expect(await platform.blobs.get('drops/train/a.jsonl.report.json')).toEqual(report)
    expect(readFileSync(at('train/a.jsonl.report.json'), 'utf8')).toBe('edited')
  })

  it('puts a report beside a file whose name leaves just room for it, and says of a longer one that it cannot', async () => {
    const [fits, long] = [237, 238].map((length) => `train/${'x'.repeat(length)}.jsonl`) as [string, string]
    await write(fits, one)
    await write(long, one)
    start()
    await seconds(120)
    expect(reportOf(fits)).toMatchObject({ status: 'accepted' })
    expect(logs.filter((line) => line.includes('x.jsonl'))).toHaveLength(6)
    expect(await findDrop(platform.table, `drops/${long}`)).toMatchObject({ errors: [{ code: 'long_name' }] })
  })

  it('passes over a file that is deleted while it is read', async () => {
    await write('train/a.jsonl', one)
    await write('train/b.jsonl', two)
    const put: typeof platform.blobs.put = async (key, body, condition) => {
      if (key === 'drops/train/a.jsonl') await unlink(at('train/a.jsonl'))
      return platform.blobs.put(key, body, condition)
    }
    start({ blobs: { ...platform.blobs, put } })
    await seconds(5)
    expect(reportOf('train/b.jsonl')).toMatchObject({ status: 'accepted' })
    expect(logs).toEqual([])
  })

  it('goes on with the rest when a folder cannot be read, and says so once', async () => {
    await write('train/a.jsonl', one)
    // Moved below another long path, its own is longer than a path can be.
    const long = join(...Array.from({ length: 12 }, () => 'x'.repeat(200)))
    await mkdir(at(join('train', long)), { recursive: true })
    await mkdir(join(platform.directory, 'moved', long), { recursive: true })
    const [here, there] = [join(platform.directory, 'moved'), at(join('train', long, 'moved'))]
    await rename(here, there)
    start()
    await seconds(5)
    await rename(there, here)
    expect(reportOf('train/a.jsonl')).toMatchObject({ status: 'accepted' })
    expect(logs).toEqual([expect.stringContaining('a folder of drops cannot be read')])
  })

  it('tries again what failed, later and later, and goes on with other files meanwhile', async () => {
    let attempts = 0
    const table = {
      ...platform.table,
      get: async (key: { pk: string; sk: string }) => {
        if (key.sk === 'drops/train/a.jsonl' && ++attempts <= 3) throw new Fault('busy', 'throttled')
        return platform.table.get(key)
      },
    }
    await write('train/a.jsonl', one)
    await write('other/b.jsonl', two)
    start({ table })
    await seconds(3)
    expect(reportOf('other/b.jsonl')).toMatchObject({ status: 'accepted' })
    expect(reportOf('train/a.jsonl')).toBeUndefined()
    await seconds(20)
    expect(reportOf('train/a.jsonl')).toMatchObject({ status: 'accepted' })
    expect(logs.map((line) => / in (\d+) s/.exec(line)?.[1])).toEqual(['2', '4', '8'])
  })

  it('does without the folder when somebody removes it', async () => {
    start()
    await seconds(2)
    expect(logs).toEqual([])
  })
})
