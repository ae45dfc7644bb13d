import { once } from 'node:events'
import { get } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Seen } from '../support/live-client.ts'
import { until } from '../support/live-client.ts'
import { type LiveServer, startLiveServer } from '../support/live-jobs.ts'

let test: LiveServer

beforeAll(async () => {
  test = await startLiveServer({ viewers: { pollMs: 100, pingMs: 200 } })
})
beforeEach(async () => {
  await until(() => test.server.viewers() === 0, 'viewers of the test before are gone')
  test.job = await test.newJob()
})
afterAll(() => test.stop())

interface Options {
  protocols?: string[]
  headers?: Record<string, string>
}

function open(path: string, options: Options = { headers: { authorization: `Bearer ${test.server.token}` } }) {
  const { protocols = [], headers = {} } = options
  const socket = new WebSocket(`${test.server.url.replace('http', 'ws')}${path}`, protocols, { headers })
  const seen: Seen[] = []
  socket.on('message', (data) => seen.push(JSON.parse(String(data))))
  const closed = once(socket, 'close').then(([code]) => code as number)
  return { socket, seen, closed, send: (message: unknown) => socket.send(JSON.stringify(message)) }
}

/** The status and the problem document with which an upgrade is refused. */
function refused(path: string, options?: Options): Promise<{ status: number; problem: { detail: string } }> {
  const { socket, closed } = open(path, options)
  closed.catch(() => {})
  return new Promise((resolve, reject) => {
    socket.on('error', () => {})
    socket.on('open', () => reject(new Error('it was let in')))
    socket.on('unexpected-response', async (_, response) => {
      const body = (await response.toArray()).join('')
      resolve({ status: response.statusCode ?? 0, problem: JSON.parse(body) })
    })
  })
}

const stepsOf = (seen: Seen[]) => seen.flatMap(({ event, data }) => (event === 'metrics' ? data.steps : []))

it.each(['/v1/jobs/{job}/live', '/api/v1/monitoring/{job}/live'])('%s tells what comes, then the end', async (path) => {
  const viewer = open(path.replace('{job}', test.job))
  await until(() => test.server.viewers() === 1, 'the viewer is there')
  await test.log([1])
  await test.log([2])
  await until(() => stepsOf(viewer.seen).length === 2, 'both chunks')
  expect(viewer.seen.at(-1)).toMatchObject({ event: 'metrics', id: expect.any(String), data: { steps: [2] } })
  viewer.socket.close()
  await until(() => test.server.viewers() === 0, 'the viewer is let go')

  const finished = open(path.replace('{job}', test.finished))
  expect(await finished.closed).toBe(1000)
  expect(finished.seen.at(-1)).toMatchObject({ event: 'end', data: { status: 'succeeded' } })
})

it('a viewer that comes back with its last id goes on there', async () => {
  for (const step of [1, 2, 3]) await test.log([step])
  const first = open(`/v1/jobs/${test.job}/live?after=0.`)
  await until(() => stepsOf(first.seen).length === 3, 'three chunks')
  first.socket.close()
  const second = open(`/v1/jobs/${test.job}/live?after=${first.seen[0]?.id}`)
  await until(() => stepsOf(second.seen).length === 2, 'the others')
  expect(stepsOf(second.seen)).toEqual([2, 3])
  second.socket.close()
})

it.each(['/v1/jobs/{job}/playback', '/api/v1/monitoring/{job}/playback'])('%s obeys commands', async (path) => {
  await test.log(Array.from({ length: 50 }, (_, i) => i + 1))
  const viewer = open(path.replace('{job}', test.job))
  const answers = () => viewer.seen.filter(({ event }) => event === 'progress')
  await until(() => stepsOf(viewer.seen).length === 1, 'the first row')
  viewer.send({ action: 'pause' })
  await until(() => answers().at(-1)?.data.paused === true, 'the pause')
  const before = viewer.seen.length
  viewer.socket.send('no json')
  viewer.send({ action: 'speed', speed: 1_000 })
  viewer.socket.send(Buffer.from('{"action":"stop"}'))
  await until(() => viewer.seen.filter(({ event }) => event === 'error').length === 3, 'three refusals')
  for (const { data } of viewer.seen.slice(before).filter(({ event }) => event === 'error'))
    expect(data.message).toEqual(expect.any(String))
  viewer.send({ action: 'seek', step: 48 })
  viewer.send({ action: 'speed', speed: 10 })
  viewer.send({ action: 'resume' })
  expect(await viewer.closed).toBe(1000)
  expect(stepsOf(viewer.seen)).toEqual([1, 48, 49, 50])
  expect(viewer.seen.at(-1)).toMatchObject({ event: 'end' })
})

it('a page sends its token as a subprotocol', async () => {
  const viewer = open(`/v1/jobs/${test.job}/live`, { protocols: ['sluice', `bearer.${test.server.token}`] })
  await once(viewer.socket, 'open')
  expect(viewer.socket.protocol).toBe('sluice')
  viewer.socket.close()
})

it('what is wrong is answered before the upgrade, as HTTP answers it', async () => {
  const path = `/v1/jobs/${test.job}/live`
  const authorization = `Bearer ${test.server.token}`
  const answers = [
    [401, path, { headers: {} }],
    [401, path, { headers: { authorization: 'Bearer wrong' } }],
    [401, path, { protocols: ['sluice', 'bearer.wrong'] }],
    [401, `${path}?token=${test.server.token}`, { headers: {} }],
    [403, path, { headers: { authorization, origin: 'http://evil.example' } }],
    [403, path, { headers: { authorization, origin: 'null' } }],
    [403, path, { headers: { authorization, host: 'evil.example' } }],
    [404, '/v1/jobs', { headers: { authorization } }],
    [404, `/v1/jobs/${test.job}/live/more`, { headers: { authorization } }],
    [404, '/v1/jobs/job-00000000000000000009/live', { headers: { authorization } }],
    [422, `${path}?after=yesterday`, { headers: { authorization } }],
    [422, `${path}?from=start`, { headers: { authorization } }],
    [422, '/v1/jobs/x/live', { headers: { authorization } }],
    [404, `/v1/jobs/${test.job}/playback`, { headers: { authorization } }],
  ] as const
  for (const [status, where, options] of answers) {
    const answer = await refused(where, options as Options)
    expect([answer.status, where, options]).toEqual([status, where, options])
    expect(answer.problem).toMatchObject({ status, detail: expect.any(String) })
    expect(JSON.stringify(answer.problem)).not.toContain(test.server.token)
  }
  expect(test.server.viewers()).toBe(0)
})

it("the server's own pages are let in", async () => {
  const headers = { authorization: `Bearer ${test.server.token}`, origin: test.server.url }
  const viewer = open(`/v1/jobs/${test.job}/live`, { headers })
  await once(viewer.socket, 'open')
  viewer.socket.close()
})

it('a handshake that breaks the protocol leaves no viewer behind, and other upgrades are not made', async () => {
  const headers = { authorization: `Bearer ${test.server.token}`, connection: 'Upgrade' }
  const ask = (path: string, more: Record<string, string>) =>
    new Promise<number | undefined>((resolve) => {
      get(test.server.url + path, { headers: { ...headers, ...more } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
    })
  expect(await ask(`/v1/jobs/${test.job}/live`, { upgrade: 'websocket', 'sec-websocket-version': '1' })).toBe(400)
  await until(() => test.server.viewers() === 0, 'no viewer is left')
  expect(await ask('/healthz', { upgrade: 'h2c' })).toBe(200)
})

it('a message above 4 KB ends the connection', async () => {
  await test.log([1, 2, 3])
  const viewer = open(`/v1/jobs/${test.job}/playback`)
  await once(viewer.socket, 'open')
  viewer.socket.send('x'.repeat(5_000))
  expect(await viewer.closed).toBe(1009)
})

it('a peer that does not answer pings is dropped, one that does stays', async () => {
  const alive = open(`/v1/jobs/${test.job}/live`)
  const dead = new WebSocket(`${test.server.url.replace('http', 'ws')}/v1/jobs/${test.job}/live`, {
    headers: { authorization: `Bearer ${test.server.token}` },
    autoPong: false,
  })
  const closed = once(dead, 'close')
  await closed
  await until(() => test.server.viewers() === 1, 'one viewer is left')
  expect(alive.socket.readyState).toBe(WebSocket.OPEN)
  alive.socket.close()
})

it('a server that stops says goodbye', async () => {
  const viewers = [open(`/v1/jobs/${test.job}/live`), open(`/v1/jobs/${test.job}/live`)]
  await Promise.all(viewers.map(({ socket }) => once(socket, 'open')))
  const started = performance.now()
  await test.server.stop()
  expect(await Promise.all(viewers.map(({ closed }) => closed))).toEqual([1001, 1001])
  expect(performance.now() - started).toBeLessThan(3_000)
})
