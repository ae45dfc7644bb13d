import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findServer } from '../../cli/config.ts'
import { tempDir } from '../support/temp-dir.ts'
import { startStub } from './stub-server.ts'
import { createTestIo, sluice } from './test-io.ts'

function dataDir(url = 'http://127.0.0.1:7433') {
  const directory = tempDir()
  writeFileSync(join(directory, 'server.json'), JSON.stringify({ url, pid: 1 }))
  writeFileSync(join(directory, 'token'), 'from-file\n')
  return directory
}

it('server and token come from the data directory', async () => {
  const directory = dataDir()
  const expected = { url: 'http://127.0.0.1:7433', credentials: { kind: 'token', token: 'from-file' } }
  expect(await findServer({ dataDir: directory }, {})).toMatchObject(expected)
  expect(await findServer({}, { SLUICE_DATA_DIR: directory })).toMatchObject(expected)
})

it('options win over the environment, which wins over the files', async () => {
  const env = { SLUICE_DATA_DIR: dataDir(), SLUICE_URL: 'http://localhost:1/', SLUICE_TOKEN: 'from-env' }
  expect(await findServer({}, env)).toMatchObject({
    url: 'http://localhost:1',
    credentials: { kind: 'token', token: 'from-env' },
  })
  expect(await findServer({ url: 'https://sluice.example', token: 'given' }, env)).toMatchObject({
    url: 'https://sluice.example',
    credentials: { kind: 'token', token: 'given' },
  })
})

it("the local token is given to this machine's servers only", async () => {
  const options = { dataDir: dataDir() }
  expect(await findServer({ ...options, url: 'http://localhost:9' }, {})).toMatchObject({
    credentials: { kind: 'token', token: 'from-file' },
  })
  await expect(findServer({ ...options, url: 'https://127.0.0.1.example' }, {})).rejects.toThrow(
    /no token for https:\/\/127.0.0.1.example: .* give --token or set SLUICE_TOKEN/,
  )
})

it.each(['7433', 'ftp://x', ''])('"%s" as URL is refused with an example', async (url) => {
  await expect(findServer({ url }, {})).rejects.toThrow(
    `"${url}" is not a server's URL; write it like http://127.0.0.1:7433`,
  )
})

it('no server.json: says so and how to start a server', async () => {
  const directory = tempDir()
  const { code, err } = await sluice(['jobs', 'list', '--data-dir', directory])
  expect(code).toBe(1)
  expect(err).toContain(
    `no server is running: ${directory} has no server.json. Start one: sluice up --data-dir ${directory}`,
  )
})

it('a server that has stopped: names its address and how to start it', async () => {
  const directory = dataDir('http://127.0.0.1:1')
  const { code, err } = await sluice(['jobs', 'list', '--data-dir', directory])
  expect(code).toBe(1)
  expect(err).toMatch(/^error: nothing answers at http:\/\/127.0.0.1:1 /)
  expect(err).toContain(`sluice up --data-dir ${directory}`)
})

it('a server.json that is no such file is named', async () => {
  const directory = tempDir()
  writeFileSync(join(directory, 'server.json'), '{"url":"javascript:alert(1)","pid":1}')
  await expect(findServer({ dataDir: directory }, {})).rejects.toThrow(
    `${join(directory, 'server.json')} is not what a server writes`,
  )
})

it('the environment reaches commands through io alone', async () => {
  const stub = await startStub(() => ({ body: { items: [], next: null } }))
  const io = createTestIo({ env: { SLUICE_URL: stub.url, SLUICE_TOKEN: 'from-env' } })
  const { code, out, err } = await sluice(['recipes', 'list'], io)
  expect([code, out, err]).toEqual([0, '', 'no recipes; publish one: sluice recipes publish FILE\n'])
  expect(stub.received[0]?.headers.authorization).toBe('Bearer from-env')
})

it.each([
  [{ region: 'eu-west-1' }, /name it with --url or SLUICE_URL/],
  [{ profile: 'prod' }, /name it with --url or SLUICE_URL/],
  [{ url: 'http://127.0.0.1:9', profile: 'prod' }, /does not tell its AWS region; give --region/],
  [{ url: 'https://sluice.example', profile: 'prod' }, /does not tell its AWS region; give --region/],
  [{ url: 'https://sluice.example', region: 'eu-west-1', token: 't' }, /not both/],
])('%j never leads to another server or another way in than it says', async (options, reason) => {
  await expect(findServer({ ...options, dataDir: dataDir() }, {})).rejects.toThrow(reason)
})

it('--region and --profile go before a token of the environment', async () => {
  const env = { SLUICE_URL: 'https://sluice.example', SLUICE_TOKEN: 'from-env' }
  const credentials = { kind: 'aws', region: 'eu-west-1', profile: 'prod' }
  expect(await findServer({ region: 'eu-west-1', profile: 'prod' }, env)).toMatchObject({ credentials })
  expect(await findServer({}, { ...env, SLUICE_REGION: 'eu-west-1' })).toMatchObject({ credentials: { kind: 'token' } })
})

it.each(['', 'two\nlines', 'a b'])('a token that no header can carry is named as such: %j', async (token) => {
  await expect(findServer({ url: 'http://localhost:1', token }, {})).rejects.toThrow('the token is empty or has blanks')
})
