import { afterEach, beforeEach, expect, it } from 'vitest'
import { getJob, jobDraft } from '../../core/jobs/job-store.ts'
import { prepareProject, submitSample } from '../support/api.ts'
import { createInstantCompute } from '../support/instant-compute.ts'
import { readEvents } from '../support/live-client.ts'
import { startTestServer, type TestServer } from '../support/local-server.ts'

let test: TestServer
let job: string

beforeEach(async () => {
  test = await startTestServer({ compute: ({ clock }) => createInstantCompute(clock) })
  await prepareProject(test)
  job = (await submitSample(test)).id
})
afterEach(() => test.stop())

function open(
  id = job,
  headers: Record<string, string> = {},
  query = '',
  path = `/v1/jobs/${id}/live`,
): Promise<Response> {
  const { url, token } = test.server
  return fetch(`${url}${path}${query}`, { headers: { authorization: `Bearer ${token}`, ...headers } })
}

it('a viewer sees a job to its end: statuses in order, every step once, then the stream ends itself', async () => {
  const response = await open(job, {}, '?after=0.')
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const seen = await readEvents(response)
  const types = seen.filter(({ event }) => event === 'status').map(({ data }) => data.type)
  expect(types[0]).toBe('submitted')
  expect(types.at(-1)).toBe('model_registered')
  expect(seen.flatMap(({ event, data }) => (event === 'metrics' ? (data.steps ?? []) : []))).toEqual([
    1, 2, 3, 4, 1, 2, 3, 4,
  ])
  expect(seen.at(-1)).toMatchObject({ event: 'end', data: { status: 'succeeded' } })
})

it('a connection cut in the middle goes on with Last-Event-ID and misses nothing', async () => {
  await test.server.settled()
  const whole = await readEvents(await open(job, {}, '?after=0.'))
  expect(await readEvents(await open(job, {}, '?after=0.', `/api/v1/monitoring/${job}/live`))).toEqual(whole)
  const start = await readEvents(await open(job, {}, '?after=0.'), 4)
  const rest = await readEvents(await open(job, { 'last-event-id': start.at(-1)?.id ?? '' }))
  expect([...start, ...rest]).toEqual(whole)
})

it('what is wrong is said before the stream begins', async () => {
  const missing = await open('job-00000000000000000000')
  expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
  expect((await open(job, { 'last-event-id': 'yesterday' })).status).toBe(422)
  expect((await open(job, { 'last-event-id': '3.~another1' })).status).toBe(422)
  expect((await open(job, { authorization: 'Bearer wrong' })).status).toBe(401)
  expect((await open(job, {}, '?from=start')).status).toBe(422)
})

it('a server that stops ends its streams at once', async () => {
  await test.server.settled()
  // Nothing runs it, so it has no end of its own.
  const { table } = test.server.platform
  const endless = { ...(await getJob(table, job)), id: 'job-00000000000000000001', status: 'running' as const }
  await table.put(jobDraft(endless), 'absent')
  const response = await open(endless.id)
  const started = performance.now()
  await test.server.stop()
  await readEvents(response).catch(() => 'cut')
  expect(performance.now() - started).toBeLessThan(3_000)
})
