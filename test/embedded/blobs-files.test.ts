import { execFileSync, spawn } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createBlobs } from '../../adapters/embedded/blobs.ts'
import { textOf } from '../contract/blobs-harness.ts'
import { tempDir } from '../support/temp-dir.ts'

function setUp() {
  const directory = tempDir()
  const root = join(directory, 'blobs')
  mkdirSync(root)
  return { directory, root, blobs: createBlobs({ root, baseUrl: () => '', signingKey: 'k' }) }
}

describe('embedded blobs', () => {
  it('serve files that a trainer writes itself, with an etag that changes as they do', async () => {
    const { root, blobs } = setUp()
    const uri = fileURLToPath(blobs.uri('jobs/j/metrics.jsonl'))
    mkdirSync(join(root, 'jobs/j'), { recursive: true })
    writeFileSync(uri, 'one\n')
    const first = await blobs.head('jobs/j/metrics.jsonl')
    expect(first).toMatchObject({ size: 4 })
    writeFileSync(uri, 'two\n', { flag: 'a' })
    expect((await blobs.head('jobs/j/metrics.jsonl'))?.etag).not.toBe(first?.etag)
    expect(await textOf(blobs.get('jobs/j/metrics.jsonl', { start: 4 }))).toBe('two\n')
    writeFileSync(`${uri}.new`, 'one\n')
    renameSync(`${uri}.new`, uri)
    expect((await blobs.head('jobs/j/metrics.jsonl'))?.etag).not.toBe(first?.etag)
    expect((await blobs.list({ prefix: 'jobs/' })).items.map((item) => item.key)).toEqual(['jobs/j/metrics.jsonl'])
  })

  it('cannot hold a key that is a directory of another, and name both', async () => {
    const { blobs } = setUp()
    await blobs.put('a/b/c', 'x', 'any')
    const beside = /^blob a cannot exist beside blob a\/b\/c: .*rename one$/
    await expect(blobs.put('a', 'x', 'any')).rejects.toThrow(beside)
    await expect(blobs.put('a', 'x', 'absent')).rejects.toThrow(beside)
    await expect(blobs.put('a/b/c/d', 'x', 'any')).rejects.toThrow('blob a/b/c/d cannot exist beside blob a/b/c')
    await expect(blobs.put('a/b/c/d/e/f', 'x', 'absent')).rejects.toThrow(
      'blob a/b/c/d/e/f cannot exist beside blob a/b/c',
    )
    await expect(blobs.put('a', 'x', 'any')).rejects.toMatchObject({ code: 'invalid' })
    expect((await blobs.list({ prefix: '' })).items.map((item) => item.key)).toEqual(['a/b/c'])
  })

  it('take the place of directories that hold nothing', async () => {
    const { root, blobs } = setUp()
    mkdirSync(join(root, 'a/b/c'), { recursive: true })
    mkdirSync(join(root, 'a/d'))
    await blobs.put('a', 'x', 'absent')
    expect(await textOf(blobs.get('a'))).toBe('x')
  })

  it('carry times of their own, so that etags differ where the clock of the file system does not', async () => {
    const { root, blobs } = setUp()
    const keys = Array.from({ length: 60 }, (_, n) => String(n))
    await Promise.all(keys.map((key) => blobs.put(key, 'same', 'absent')))
    expect(new Set(keys.map((key) => statSync(join(root, key), { bigint: true }).mtimeNs)).size).toBe(60)
  })

  it('follow no link out of the root, and no linked directory at all', async () => {
    const { directory, root, blobs } = setUp()
    mkdirSync(join(directory, 'outside'))
    writeFileSync(join(directory, 'outside/secret'), 'secret')
    symlinkSync(join(directory, 'outside'), join(root, 'dir'))
    symlinkSync(join(directory, 'outside/secret'), join(root, 'file'))
    symlinkSync(join(directory, 'outside/made-later'), join(root, 'dangling'))
    symlinkSync('loop', join(root, 'loop'))
    await blobs.put('store/x', 'inside', 'any')
    symlinkSync('store', join(root, 'inner'))
    for (const key of ['dir/secret', 'file', 'loop', 'inner/x']) {
      await expect(blobs.get(key)).rejects.toMatchObject({ code: 'forbidden' })
      await expect(blobs.head(key)).rejects.toMatchObject({ code: 'forbidden' })
      await expect(blobs.delete(key)).rejects.toMatchObject({ code: 'forbidden' })
    }
    await expect(blobs.put('dir/new', 'x', 'any')).rejects.toMatchObject({ code: 'forbidden' })
    await expect(blobs.put('dir/sub/new', 'x', 'any')).rejects.toMatchObject({ code: 'forbidden' })
    await expect(blobs.put('dangling/new', 'x', 'any')).rejects.toMatchObject({ code: 'invalid' })
    await expect(blobs.list({ prefix: 'dir/' })).rejects.toMatchObject({ code: 'forbidden' })
    expect((await blobs.list({ prefix: '' })).items.map((item) => item.key)).toEqual(['store/x'])
    expect(readdirSync(join(directory, 'outside'))).toEqual(['secret'])
  })

  it('serve links to files inside the root, and replace the link, not its target', async () => {
    const { root, blobs } = setUp()
    await blobs.put('store/x', 'target', 'any')
    mkdirSync(join(root, 'snapshot'))
    symlinkSync('../store/x', join(root, 'snapshot/model'))
    expect(await textOf(blobs.get('snapshot/model'))).toBe('target')
    expect((await blobs.list({ prefix: '' })).items.map((item) => item.key)).toEqual(['snapshot/model', 'store/x'])
    await blobs.put('snapshot/model', 'own', 'any')
    await blobs.delete('snapshot/model')
    expect(await textOf(blobs.get('store/x'))).toBe('target')
  })

  it('take no pipe and no name that is no key for an object', async () => {
    const { root, blobs } = setUp()
    execFileSync('mkfifo', [join(root, 'pipe')])
    writeFileSync(join(root, 'back\\slash'), 'x')
    expect(await blobs.get('pipe')).toBeUndefined()
    expect((await blobs.list({ prefix: '' })).items).toEqual([])
  })

  it('never list unfinished objects, and remove those that a killed process left a day ago', async () => {
    const { root, blobs } = setUp()
    mkdirSync(join(root, '.tmp'))
    for (const name of ['old', 'new']) writeFileSync(join(root, '.tmp', name), 'unfinished')
    const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600
    utimesSync(join(root, '.tmp/old'), twoDaysAgo, twoDaysAgo)
    expect((await blobs.list({ prefix: '' })).items).toEqual([])
    await blobs.put('a', 'x', 'any')
    expect(readdirSync(join(root, '.tmp'))).toEqual(['new'])
    expect((await blobs.list({ prefix: '' })).items.map((item) => item.key)).toEqual(['a'])
    await expect(blobs.list({ prefix: '.tmp/' })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('leave no temporary file behind, whatever becomes of the write', async () => {
    const { root, blobs } = setUp()
    await blobs.put('a', 'x', 'absent')
    await blobs.put('a', 'y', 'any')
    await blobs.put('dir/b', 'y', 'any')
    const failing = [
      blobs.put('a', 'z', 'absent'),
      blobs.put('a', 'z', { etag: 'other' }),
      blobs.put('dir', 'z', 'any'),
      blobs.put('c', notBytes() as never, 'any'),
    ]
    for (const write of await Promise.allSettled(failing)) expect(write.status).toBe('rejected')
    expect(readdirSync(join(root, '.tmp'))).toEqual([])
    expect((await blobs.list({ prefix: '' })).items.map((item) => item.key)).toEqual(['a', 'dir/b'])
  })

  it('survive puts and deletes that make and prune the same directories', async () => {
    const { blobs } = setUp()
    async function comeAndGo(key: string): Promise<void> {
      for (let n = 0; n < 25; n++) {
        await blobs.put(key, String(n), 'absent')
        expect(await textOf(blobs.get(key))).toBe(String(n))
        await blobs.delete(key)
      }
    }
    await Promise.all(['x/y/1', 'x/y/2', 'x/3', 'x/z/4'].map(comeAndGo))
    expect((await blobs.list({ prefix: '' })).items).toEqual([])
  })

  it('let one of several processes create an object', async () => {
    const { root, blobs } = setUp()
    const script = `
      import { createBlobs } from ${JSON.stringify(join(import.meta.dirname, '../../adapters/embedded/blobs.ts'))}
      const blobs = createBlobs({ root: process.argv[1], baseUrl: () => '', signingKey: 'k' })
      for (let n = 0; n < 40; n++) await blobs.put('race/' + n, String(process.pid), 'absent').then(() => console.log(n), () => {})`
    const winners = await Promise.all(Array.from({ length: 3 }, () => run(script, root)))
    expect(winners.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n))
    expect((await blobs.list({ prefix: 'race/' })).items).toHaveLength(40)
  })

  it('report a file that cannot grow further, and keep the old object', async () => {
    const { root, blobs } = setUp()
    await blobs.put('a', 'old', 'any')
    const script = `
      import { createBlobs } from ${JSON.stringify(join(import.meta.dirname, '../../adapters/embedded/blobs.ts'))}
      const blobs = createBlobs({ root: process.argv[1], baseUrl: () => '', signingKey: 'k' })
      process.on('SIGXFSZ', () => {})
      const error = await blobs.put('a', new Uint8Array(1e6), 'any').catch((error) => error)
      console.log(error.code === 'internal' && /^blob a: EFBIG/.test(error.message) ? 1 : 0)`
    expect(await run(script, root, 'ulimit -f 64;')).toEqual([1])
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('old')
    expect(readdirSync(join(root, '.tmp'))).toEqual([])
  })
})

async function* notBytes(): AsyncGenerator<string> {
  yield 'text'
}

function run(script: string, argument: string, before = ''): Promise<number[]> {
  const command = `${before} exec "$0" --input-type=module -e "$1" "$2"`
  const child = spawn('sh', ['-c', command, process.execPath, script, argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  return new Promise((resolve) => child.on('close', () => resolve(output.split('\n').filter(Boolean).map(Number))))
}
