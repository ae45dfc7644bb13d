import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Fault } from '../../core/platform/fault.ts'
import type { Platform } from '../../core/platform/ports.ts'
import { createRealClock, createTestIo, sluice } from '../cli/test-io.ts'
import { story } from '../core/data-factory/build/support.ts'
import { builderPids, noScratch, submitRows, untilBuild, viewOf, workingBuilder } from '../faults/build-processes.ts'
import { withLargeBuilds } from '../faults/large-builds.ts'
import { startTestServer, type TestServer } from '../support/local-server.ts'
import { jsonl } from '../support/sample-project.ts'
import { tempDir } from '../support/temp-dir.ts'

let server: TestServer
let lostThreads = 0
beforeEach(async () => {
  lostThreads = 0
  server = await startTestServer({ around: (platform) => losingThreads(withLargeBuilds(platform)) })
})
afterEach(() => server.stop())

function losingThreads(platform: Platform): Platform {
  const run: Platform['workers']['run'] = (request) => {
    if (lostThreads === 0) return platform.workers.run(request)
    lostThreads -= 1
    return Promise.reject(new Fault('busy', 'a worker thread was lost during prepare-batch; try again'))
  }
  return { ...platform, workers: { size: platform.workers.size, run } }
}

const versionsOf = async (name: string) => (await server.request('GET', `/v1/datasets/${name}/versions`)).body

it('a small build by commands: rows in, a version and the rows left out', async () => {
  const folder = tempDir()
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const cli = (...argv: string[]) =>
    sluice(['--data-dir', server.directory, ...argv], createTestIo({ columns: 200, clock: createRealClock(0.1) }))
  const rows = [1, 2, 3, 3].map(story)
  expect(await cli('data', 'add', 'raw', file('raw.jsonl', jsonl(rows)))).toMatchObject({ code: 0, err: '' })
  const asked = file('build.yaml', 'kind: dataset\nname: clean\nsources: [{ dataset: raw }]\n')
  const made = await cli('data', 'build', asked)
  expect(made.code, made.err).toBe(0)
  expect(made.out).toMatch(/dataset "clean" {2}succeeded/)
  const id = /bld-[a-z0-9]{20}/.exec(made.out)?.[0] as string
  expect((await cli('data', 'dropped', id)).out).toMatch(/4 +exact_duplicates +exact_duplicate/)
  expect((await cli('data', 'verify', 'clean')).code).toBe(0)
  expect((await cli('data', 'cancel', id)).err).toMatch(/is succeeded: there is nothing to cancel/)
  await noScratch(server.directory)
})

it('a step that lost a worker thread is done again, and the build succeeds', async () => {
  lostThreads = 2
  const id = await submitRows(server, 'small', 5)
  expect(await untilBuild(server, id, ({ finished_at }) => finished_at !== undefined)).toMatchObject({
    status: 'succeeded',
  })
  expect(lostThreads).toBe(0)
})

it('a large build is a process of its own, tells how far it is, and leaves nothing on the disk', async () => {
  const id = await submitRows(server, 'large', 8000)
  const seen = await untilBuild(server, id, ({ progress }) => (progress?.rows ?? 0) > 0)
  expect(seen).toMatchObject({ status: 'running', progress: { phase: expect.any(String), bytes: expect.any(Number) } })
  expect(await builderPids(server.directory)).toHaveLength(1)
  const ended = await untilBuild(server, id, ({ status }) => status === 'succeeded')
  expect(ended.outputs).toMatchObject([{ dataset: 'large' }])
  await server.server.settled()
  expect(await builderPids(server.directory)).toEqual([])
  await noScratch(server.directory)
})

it('kill -9 of the builder: it is tried once more, and the build succeeds', async () => {
  const id = await submitRows(server, 'large', 8000)
  process.kill(await workingBuilder(server.directory), 'SIGKILL')
  const ended = await untilBuild(server, id, ({ finished_at }) => finished_at !== undefined)
  expect(ended).toMatchObject({ status: 'succeeded' })
  expect(existsSync(join(server.directory, `trainers/${id}-1.log`))).toBe(true)
  await noScratch(server.directory)
})

it('kill -9 of both tries fails the build in words, and shows nothing', async () => {
  const id = await submitRows(server, 'large', 8000)
  const first = await workingBuilder(server.directory)
  process.kill(first, 'SIGKILL')
  const second = await workingBuilder(server.directory, first)
  process.kill(second, 'SIGKILL')
  const ended = await untilBuild(server, id, ({ finished_at }) => finished_at !== undefined)
  expect(ended).toMatchObject({
    status: 'failed',
    reason: { code: 'builder_lost', message: expect.stringMatching(/^the data builder was killed \(exit code 137\)/) },
  })
  expect((await versionsOf('large')).items ?? []).toEqual([])
  await noScratch(server.directory)
})

it('cancel ends the process, and nothing becomes visible', async () => {
  const id = await submitRows(server, 'large', 8000)
  await workingBuilder(server.directory)
  expect((await server.request('POST', `/v1/builds/${id}/cancel`)).body).toMatchObject({ status: 'cancelled' })
  await server.server.settled()
  while ((await builderPids(server.directory)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await viewOf(server, id)).toMatchObject({ status: 'cancelled', outputs: [] })
  expect((await versionsOf('large')).items ?? []).toEqual([])
  await noScratch(server.directory)
})
