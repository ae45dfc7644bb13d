import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { readEvents, until } from '../support/live-client.ts'
import { type LiveServer, startLiveServer } from '../support/live-jobs.ts'

let test: LiveServer

afterEach(() => test.stop())

const names = Array.from({ length: 40 }, (_, i) => `metric_${i}`)
const stepsFrom = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i)

/** A viewer that asks and then takes nothing. */
async function stalledViewer(): Promise<Socket> {
  const { host, hostname, port } = new URL(test.server.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.pause()
  const lines = [
    `GET /v1/jobs/${test.job}/live HTTP/1.1`,
    `Host: ${host}`,
    `Authorization: Bearer ${test.server.token}`,
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return socket
}

it('a viewer that never reads holds a bounded part, loses its connection, and others miss nothing', async () => {
  test = await startLiveServer({ viewers: { ringBytes: 64 * 1024, stallMs: 600 } })
  const stalled = await Promise.all(stepsFrom(0, 5).map(stalledViewer))
  const reading = readEvents(await test.get(`/v1/jobs/${test.job}/live`), 60)
  await until(() => test.server.viewers() === 6, 'six viewers')
  // Far more than what the operating system keeps for a connection.
  for (let chunk = 0; chunk < 60; chunk++) await test.log(stepsFrom(chunk * 200, 200), names)
  const steps = (await reading).flatMap(({ data }) => data.steps)
  expect(steps).toEqual(stepsFrom(0, 60 * 200))
  await until(() => test.server.viewers() === 0, 'every stalled viewer is let go')
  for (const socket of stalled) socket.destroy()
})

it('a quiet viewer that reads keeps its connection', async () => {
  test = await startLiveServer({ viewers: { pollMs: 20, stallMs: 500 } })
  const gone = new AbortController()
  const response = await test.get(`/v1/jobs/${test.job}/live`, {}, gone.signal)
  const reading = readEvents(response, 1)
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  await test.log([1])
  expect((await reading)[0]).toMatchObject({ event: 'metrics', data: { steps: [1] } })
  gone.abort()
})

it('viewers that go are let go, and the last takes the reader with it', async () => {
  test = await startLiveServer()
  const gone = new AbortController()
  const responses = await Promise.all(
    stepsFrom(0, 10).map(() => test.get(`/v1/jobs/${test.job}/live`, {}, gone.signal)),
  )
  const read = responses.map((response) => readEvents(response).catch(() => 'cut'))
  await until(() => test.server.viewers() === 10, 'ten viewers')
  gone.abort()
  await Promise.all(read)
  await until(() => test.server.viewers() === 0, 'no viewer is left')
})

it('what is written reaches a viewer long before the store would be polled', async () => {
  test = await startLiveServer({ viewers: { pollMs: 60_000 } })
  const response = await test.get(`/v1/jobs/${test.job}/live`)
  const reading = readEvents(response, 3)
  const started = performance.now()
  for (const step of [1, 2, 3]) await test.log([step])
  expect((await reading).map(({ data }) => data.steps)).toEqual([[1], [2], [3]])
  expect(performance.now() - started).toBeLessThan(3_000)
})

it('a server that stops ends streams and playbacks in time', async () => {
  test = await startLiveServer()
  await test.log([1, 2, 3, 4, 5])
  const live = await test.get(`/v1/jobs/${test.job}/live`)
  const playback = await test.get(`/v1/jobs/${test.job}/playback?speed=0.1`)
  const started = performance.now()
  const read = [live, playback].map((response) => readEvents(response).catch(() => 'cut'))
  await test.server.stop()
  await Promise.all(read)
  expect(performance.now() - started).toBeLessThan(3_000)
})
