import { afterAll, beforeAll, expect, it } from 'vitest'
import { PlaybackEvent } from '../../schemas/live.ts'
import { readEvents } from '../support/live-client.ts'
import { type LiveServer, startLiveServer } from '../support/live-jobs.ts'

let test: LiveServer

beforeAll(async () => {
  test = await startLiveServer()
  await test.log([1, 2, 3])
})
afterAll(() => test.stop())

it.each(['/v1/jobs/{job}/playback', '/api/v1/monitoring/{job}/playback'])(
  '%s plays what a job logged',
  async (path) => {
    const response = await test.get(`${path.replace('{job}', test.finished)}?speed=10&stage=1&names=total_loss`)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    const seen = await readEvents(response)
    for (const each of seen) PlaybackEvent.parse(each)
    expect(seen[0]).toMatchObject({ event: 'meta', data: { stage: 1, total_rows: 4, names: ['total_loss'] } })
    expect(seen.flatMap(({ event, data }) => (event === 'metrics' ? data.steps : []))).toEqual([1, 2, 3, 4])
    expect(seen.at(-1)).toMatchObject({ event: 'end', data: { rows: 4 } })
  },
)

it('a playback that was cut goes on with Last-Event-ID', async () => {
  const path = `/v1/jobs/${test.job}/playback?speed=10`
  const start = await readEvents(await test.get(path), 2)
  expect(start.map(({ event }) => event)).toEqual(['meta', 'metrics'])
  const rest = await readEvents(await test.get(path, { 'last-event-id': start.at(-1)?.id ?? '' }))
  expect(rest.flatMap(({ event, data }) => (event === 'metrics' ? data.steps : []))).toEqual([2, 3])
})

it.each([
  ['speed=11', 422],
  ['speed=0', 422],
  ['start_step=9&end_step=2', 422],
  ['attempt=1', 422],
  ['names=nope', 422],
  ['after=yesterday', 422],
  ['start_step=4', 404],
  ['stage=9', 404],
])('%s is answered with %d before the stream begins', async (query, status) => {
  const response = await test.get(`/v1/jobs/${test.job}/playback?${query}`)
  expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json'])
})

it('a job that does not exist, or has no points, is not found', async () => {
  expect((await test.get('/v1/jobs/job-00000000000000000009/playback')).status).toBe(404)
  const response = await test.get(`/v1/jobs/${await test.newJob()}/playback`)
  expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
    404,
    expect.stringContaining('no points'),
  ])
})
