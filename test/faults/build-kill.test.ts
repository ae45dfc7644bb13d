import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  builderPids,
  noScratch,
  scratchOf,
  startBuildServer,
  submitRows,
  until,
  untilBuild,
  workingBuilder,
} from './build-processes.ts'

let server: Awaited<ReturnType<typeof startBuildServer>>
beforeEach(async () => {
  server = await startBuildServer()
})
afterEach(() => server?.stop())

async function expectOneEnd(id: string, dataset: string): Promise<void> {
  const ended = await untilBuild(server, id, ({ status }) => status === 'succeeded')
  expect(ended.outputs).toMatchObject([{ dataset }])
  const { body } = await server.request('GET', `/v1/datasets/${dataset}/versions`)
  expect(body.items).toHaveLength(1)
  expect((await server.request('GET', `/v1/builds/${id}/dropped`)).status).toBe(200)
  await noScratch(server.directory)
}

it('kill -9 of the server while a function builds: the step is done again, and what lay on the disk is gone', async () => {
  const id = await submitRows(server, 'small', 8000)
  const [left] = await until(async () => {
    const names = await scratchOf(server.directory)
    return names.length > 0 ? names : undefined
  })
  await server.kill()
  expect(await scratchOf(server.directory)).toContain(left)
  await server.start()
  await until(async () => ((await scratchOf(server.directory)).includes(String(left)) ? undefined : true))
  await expectOneEnd(id, 'small')
})

it('kill -9 of the server while a process builds: the process runs on and is adopted, with its disk', async () => {
  const id = await submitRows(server, 'large', 8000)
  const builder = await workingBuilder(server.directory)
  // It cannot end before the next server has looked.
  process.kill(builder, 'SIGSTOP')
  await server.kill()
  const spaces = await scratchOf(server.directory)
  await server.start()
  expect((await server.request('GET', `/v1/builds/${id}`)).body).toMatchObject({ status: 'running' })
  expect(await builderPids(server.directory)).toEqual([builder])
  expect(await scratchOf(server.directory)).toEqual(spaces)
  process.kill(builder, 'SIGCONT')
  await expectOneEnd(id, 'large')
})

it('kill -9 of both: the next server tries the work again', async () => {
  const id = await submitRows(server, 'large', 8000)
  const builder = await workingBuilder(server.directory)
  await server.kill()
  process.kill(builder, 'SIGKILL')
  await server.start()
  await expectOneEnd(id, 'large')
})
