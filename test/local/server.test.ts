import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startServer } from '../../local/server.ts'
import { tempDir } from '../support/temp-dir.ts'

const config = (directory: string, port = 0) => ({ directory, port, maxExecutions: 2, maxTrainers: 1, graceSeconds: 1 })
const start = (directory: string, port?: number) => startServer(config(directory, port), () => {})

/** A server can have the directory: nothing of an earlier one holds it. */
async function expectFree(directory: string): Promise<void> {
  const server = await start(directory)
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  await server.stop()
}

it('a server that cannot have its port leaves the data directory free', async () => {
  const directory = tempDir()
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as AddressInfo
  await expect(start(directory, port)).rejects.toMatchObject({ code: 'conflict' })
  await new Promise((resolve) => other.close(resolve))
  await expectFree(directory)
})

it.each(['token', 'keys/presign', 'server.json', 'trainers/.supervisor', 'executions.db'])(
  'a server that fails at %s leaves the data directory free',
  async (name) => {
    const directory = tempDir()
    const obstacle = join(directory, name)
    const isFolder = name === 'trainers/.supervisor'
    await mkdir(isFolder ? join(directory, 'trainers') : obstacle, { recursive: true })
    if (isFolder) await writeFile(obstacle, '')
    await expect(start(directory)).rejects.toThrow()
    await rm(obstacle, { recursive: true })
    await expectFree(directory)
  },
)

it('stopping waits for the request under way, and a second stop does nothing', async () => {
  const server = await start(tempDir())
  let finish = () => {}
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"prompt":"a",'))
      finish = () => {
        controller.enqueue(new TextEncoder().encode('"answer":"b"}'))
        controller.close()
      }
    },
  })
  const headers = { authorization: `Bearer ${server.token}` }
  const created = await fetch(`${server.url}/v1/uploads`, { method: 'POST', headers })
  const upload = (await created.json()) as { url: string }
  const put = fetch(upload.url, { method: 'PUT', body, duplex: 'half' } as RequestInit)
  // The server answers another request only after it has the head of this one.
  await fetch(`${server.url}/healthz`)
  const stopped = server.stop()
  finish()
  expect((await put).status).toBe(200)
  await stopped
  await server.stop()
})
