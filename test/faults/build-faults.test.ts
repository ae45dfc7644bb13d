import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createThreadPool, type ThreadPool } from '../../adapters/system/thread-pool.ts'
import { resultKey } from '../../core/data-factory/build/build-store.ts'
import { concludeBuild, failBuild } from '../../core/data-factory/build/conclude-build.ts'
import { planBuild } from '../../core/data-factory/build/plan-build.ts'
import { runBuild } from '../../core/data-factory/build/run-build.ts'
import { submitBuild } from '../../core/data-factory/build/submit-build.ts'
import { dataKey, getDatasetVersion } from '../../core/datasets/dataset-store.ts'
import { Fault } from '../../core/platform/fault.ts'
import type { Blobs, Scratch } from '../../core/platform/ports.ts'
import { type Build, BuildRequest } from '../../schemas/build.ts'
import type { DatasetVersion } from '../../schemas/dataset.ts'
import { register, story } from '../core/data-factory/build/support.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'
import { createMemoryScratch } from '../support/memory-scratch.ts'
import { tempDir } from '../support/temp-dir.ts'

const rows = Array.from({ length: 30 }, (_, i) => ({ ...story(i), task: i % 2 ? 'a' : 'b' }))
const request = {
  kind: 'dataset',
  name: 'clean',
  sources: [{ dataset: 'raw' }],
  operators: { difficulty: {}, split: { parts: { train: 2, test: 1 } } },
}

async function planned(source: object[] = rows, asked: object = request) {
  const platform = createTestPlatform()
  const version = await register(platform, 'raw', source)
  const { id } = await submitBuild(platform, BuildRequest.parse(asked), { principal: 'test' })
  await planBuild(platform, { build: id })
  return { platform, version, id }
}

/** The work, and the end that it comes to. */
async function ended(platform: TestPlatform, id: string): Promise<Build> {
  try {
    await runBuild(platform, id)
    return await concludeBuild(platform, { build: id })
  } catch (error) {
    const { name, message } = error as Error
    return failBuild(platform, {
      build: id,
      error: name,
      cause: JSON.stringify({ errorType: name, errorMessage: message }),
    })
  }
}

async function expectNothing(platform: TestPlatform, id: string): Promise<void> {
  expect(await platform.blobs.head(resultKey(id))).toBeUndefined()
  for (const name of ['clean', 'clean-train', 'clean-test'])
    await expect(getDatasetVersion(platform.table, name)).rejects.toMatchObject({ code: 'not_found' })
}

/** Scratch space where append number `at` finds the disk full. `open` counts spaces that nobody closed. */
function fullAt(at: number) {
  const counts = { appends: 0, open: 0 }
  const memory = createMemoryScratch()
  const scratch: Scratch = {
    async open() {
      const space = await memory.open()
      counts.open += 1
      return {
        ...space,
        async append(name, bytes) {
          counts.appends += 1
          if (counts.appends === at) throw new Fault('busy', 'the disk for scratch files is full: 0 bytes are free')
          return space.append(name, bytes)
        },
        async close() {
          counts.open -= 1
          return space.close()
        },
      }
    },
  }
  return { scratch, counts }
}

describe('scratch space', () => {
  it('that is full at any append fails the build with the reason, is closed, and the same work succeeds on a free disk', async () => {
    const { platform, id } = await planned()
    for (let at = 1; ; at++) {
      const { scratch, counts } = fullAt(at)
      const work = runBuild({ ...platform, scratch }, id)
      const failed = await work.then(
        () => false,
        (error) => error.code === 'busy' && /disk for scratch files is full/.test(error.message),
      )
      expect(counts.open, `append ${at}`).toBe(0)
      if (!failed) {
        expect(counts.appends).toBe(at - 1)
        expect(at).toBeGreaterThan(20)
        break
      }
      await expectNothing(platform, id)
    }
    expect(await concludeBuild(platform, { build: id })).toMatchObject({ status: 'succeeded' })
  })

  it('that is too small fails the build for good with the free bytes', async () => {
    const { platform, id } = await planned()
    const build = await ended({ ...platform, scratch: createMemoryScratch(5000) }, id)
    expect(build).toMatchObject({
      status: 'failed',
      reason: {
        code: 'busy',
        message: expect.stringMatching(/^the disk for scratch files is full: \d+ bytes are free/),
      },
    })
    await expectNothing(platform, id)
  })
})

it('a write of any blob that fails shows nothing, and the work succeeds when it is done again', async () => {
  const { platform, id } = await planned()
  for (let at = 1; ; at++) {
    let puts = 0
    const put: Blobs['put'] = async (...call) => {
      puts += 1
      if (puts === at) throw new Fault('busy', 'the store cannot be reached')
      return platform.blobs.put(...call)
    }
    const failed = await runBuild({ ...platform, blobs: { ...platform.blobs, put } }, id).then(
      () => false,
      (error) => error.code === 'busy',
    )
    if (!failed) {
      expect(at).toBeGreaterThan(8)
      break
    }
    await expectNothing(platform, id)
  }
  expect(await concludeBuild(platform, { build: id })).toMatchObject({ status: 'succeeded' })
})

describe('stored rows of a source', () => {
  const changes: [string, (bytes: Buffer) => Buffer | undefined, code: string, message: RegExp][] = [
    ['with one bit flipped in a word', flipped('river', 'rivfr'), 'corrupt', /not those that were registered/],
    [
      'cut off in the middle of a row',
      (bytes) => bytes.subarray(0, bytes.length - 40),
      'corrupt',
      /register or build the same rows again/,
    ],
    [
      'cut off behind a row',
      (bytes) => bytes.subarray(0, bytes.lastIndexOf(10, bytes.length - 2) + 1),
      'corrupt',
      /not those that were registered/,
    ],
    ['that are no rows any more', () => Buffer.from('{"a":1}\n'), 'corrupt', /register or build the same rows again/],
    ['that are gone', () => undefined, 'not_found', /raw/],
    ['that are empty', () => Buffer.alloc(0), 'corrupt', /not those that were registered/],
  ]
  const kinds: [string, object][] = [
    ['dataset', request],
    ['shadow', { kind: 'shadow', name: 'clean', sources: [{ dataset: 'raw' }], n: 5 }],
  ]

  describe.each(kinds)('of a %s build', (_, asked) => {
    it.each(changes)('%s fail the build, which says what to do', async (__, change, code, message) => {
      const { platform, version, id } = await planned(rows, asked)
      await damage(platform, version, change)
      const build = await ended(platform, id)
      expect(build).toMatchObject({ status: 'failed', reason: { code } })
      expect(build.reason?.message).toMatch(message)
      await expectNothing(platform, id)
    })
  })

  it('that change while they are read fail the build', async () => {
    const { platform, version, id } = await planned()
    const { read } = platform.blobs
    const blobs: Blobs = {
      ...platform.blobs,
      async *read(key, ...range) {
        for await (const piece of read(key, ...range)) {
          const isSource = key === dataKey(version)
          yield isSource ? flipped('lantern', 'lantfrn')(Buffer.from(piece)) : piece
        }
      },
    }
    expect(await ended({ ...platform, blobs }, id)).toMatchObject({ status: 'failed', reason: { code: 'corrupt' } })
    await expectNothing(platform, id)
  })
})

describe('a worker', () => {
  let pool: ThreadPool | undefined
  afterEach(() => pool?.close())

  it('thread that dies in a batch makes the step busy, and the step done again succeeds', async () => {
    const { platform, id } = await planned()
    const directory = tempDir()
    const thread = new URL('../../functions/worker/thread.ts', import.meta.url)
    const once = JSON.stringify(join(directory, 'died'))
    const entry = join(directory, 'thread.mjs')
    writeFileSync(
      entry,
      `import { existsSync, writeFileSync } from 'node:fs'
       import { parentPort } from 'node:worker_threads'
       if (!existsSync(${once})) parentPort.on('message', ({ kind }) => {
         if (kind === 'run') { writeFileSync(${once}, ''); process.exit(3) }
       })
       await import(${JSON.stringify(thread.href)})`,
    )
    pool = createThreadPool({ entry: new URL(`file://${entry}`), size: 1 })
    await expect(runBuild({ ...platform, workers: pool }, id)).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringMatching(/a worker thread was lost during prepare-batch/),
    })
    await expectNothing(platform, id)
    await runBuild({ ...platform, workers: pool }, id)
    expect(await concludeBuild(platform, { build: id })).toMatchObject({ status: 'succeeded' })
  })

  it('task that throws fails the build with its words, and the scratch space is closed', async () => {
    const { platform, id } = await planned()
    const { scratch, counts } = fullAt(-1)
    let runs = 0
    const run = async () => {
      runs += 1
      throw new TypeError('no such thing as a row')
    }
    const build = await ended({ ...platform, workers: { size: 2, run }, scratch } as TestPlatform, id)
    expect(build.reason).toEqual({ code: 'TypeError', message: 'no such thing as a row' })
    expect([runs, counts.open]).toEqual([1, 0])
    await expectNothing(platform, id)
  })
})

async function damage(platform: TestPlatform, version: DatasetVersion, change: (bytes: Buffer) => Buffer | undefined) {
  const key = dataKey(version)
  const changed = change(Buffer.from((await platform.blobs.get(key)) ?? []))
  if (changed) await platform.blobs.put(key, changed, 'any')
  else await platform.blobs.delete(key)
}

function flipped(word: string, other: string) {
  return (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace(word, other), 'latin1')
}
