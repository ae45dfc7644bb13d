import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startTestServer } from '../support/local-server.ts'
import { tempDir } from '../support/temp-dir.ts'
import { createRealClock, createTestIo, sluice } from './test-io.ts'

const realTime = () => createTestIo({ clock: createRealClock() })

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20))
}

it('up runs the server until Ctrl-C, says where it listens, and other commands find it', async () => {
  const directory = tempDir()
  const io = realTime()
  const running = sluice(['up', '--port', '0', '--data-dir', directory], io)
  await until(() => io.out.includes('\n'))
  expect(io.out).toMatch(/^Sluice listens on http:\/\/127\.0\.0\.1:\d+ /)
  expect((await sluice(['models', 'base', '--data-dir', directory])).out).toContain('tiny-llama')

  const second = await sluice(['up', '--port', '0', '--data-dir', directory], realTime())
  expect(second).toMatchObject({ code: 1, err: expect.stringMatching(/is in use by the server with pid \d+/) })

  io.interrupt('SIGINT')
  expect(await running).toMatchObject({ code: 0 })
  expect(io.listening()).toBe(0)
  expect(await sluice(['models', 'base', '--data-dir', directory])).toMatchObject({
    code: 1,
    err: expect.stringContaining(`sluice up --data-dir ${directory}`),
  })
})

it('up --json prints url and pid once the server answers, and nothing else; a closed terminal stops the server', async () => {
  const directory = tempDir()
  const io = realTime()
  const running = sluice(['up', '--port', '0', '--data-dir', directory, '--json'], io)
  await until(() => io.out.includes('\n'))
  const { url, pid } = JSON.parse(io.out)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  process.kill(pid, 0)
  io.interrupt('SIGHUP')
  expect(await running).toMatchObject({ code: 0 })
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  expect(io.out.trimEnd().split('\n')).toHaveLength(1)
})

it('up on a port that is taken says so and gives 1', async () => {
  const taken = await startTestServer()
  const { port } = new URL(taken.server.url)
  const { code, err } = await sluice(['up', '--port', port, '--data-dir', tempDir()], realTime())
  await taken.stop()
  expect([code, err]).toEqual([1, expect.stringContaining(`port ${port} of 127.0.0.1 is in use`)])
})

it('up on a data directory that cannot be one says why in one line', async () => {
  const file = join(tempDir(), 'file')
  writeFileSync(file, '')
  const { code, err } = await sluice(['up', '--port', '0', '--data-dir', file], realTime())
  expect(code).toBe(1)
  expect(err).toMatch(
    /^the data directory cannot be used: EEXIST.*file'; mend that, or choose another with --data-dir\n$/,
  )
})
