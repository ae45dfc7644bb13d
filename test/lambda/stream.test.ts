import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { beforeEach, expect, it } from 'vitest'
import { cancelJob } from '../../core/jobs/control-job.ts'
import { recordJobEvent } from '../../core/jobs/record-event.ts'
import { createStreamHandler, type StreamMetadata } from '../../functions/lambda/stream-handler.ts'
import { prepareProject, submitSample } from '../core/support/project.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'

let platform: TestPlatform
let job: string
let lines: string[]

beforeEach(async () => {
  platform = createTestPlatform()
  lines = []
  await prepareProject(platform)
  job = (await submitSample(platform)).id
  await record()
})

async function record(): Promise<void> {
  for (const event of platform.events()) if (event.subject === job) await recordJobEvent(platform, event)
}

/** What API Gateway sends for a route whose integration streams. */
const request = (change: object = {}) => ({
  httpMethod: 'GET',
  path: `/v1/jobs/${job}/live`,
  headers: { Host: 'abc.execute-api.eu-west-1.amazonaws.com' },
  queryStringParameters: null,
  body: null,
  isBase64Encoded: false,
  requestContext: { requestId: 'gateway-1', identity: { userArn: 'arn:aws:iam::123456789012:user/ada' } },
  ...change,
})

function invoke(event: unknown) {
  const stream = new PassThrough()
  const started: StreamMetadata[] = []
  const handler = createStreamHandler(
    { name: 'stream', stage: 'test', platform, write: (line) => lines.push(line) },
    (body, metadata) => {
      started.push(metadata)
      return body as PassThrough
    },
  )
  const done = handler(event, stream, { awsRequestId: 'request-1' })
  return { done, started, body: text(stream) }
}

it('a viewer gets events, and the stream ends itself within 55 seconds', async () => {
  const { done, started, body } = invoke(request())
  await platform.clock.advance(54_000)
  await done
  expect(started).toEqual([
    { statusCode: 200, headers: expect.objectContaining({ 'content-type': 'text/event-stream' }) },
  ])
  expect(await body).toMatch(/^retry: 1000\n\nevent: status\nid: 0?1?\S+\ndata: \{.*\}\n\n/)
  expect(await body).toContain(': quiet\n\n')
})

it.each([
  ['the newest status', {}, ['status', 'end']],
  ['Last-Event-ID', { headers: { 'Last-Event-ID': '0.' } }, ['status', 'status', 'end']],
  ['Last-Event-ID, whatever its case', { headers: { 'last-event-id': '2.' } }, ['end']],
  ['the query', { queryStringParameters: { after: '0.' } }, ['status', 'status', 'end']],
])('goes on behind %s, and tells the end of a job', async (_, change, expected) => {
  await cancelJob(platform, job, 'enough')
  await record()
  const { done, body } = invoke(request(change))
  await platform.clock.advance(4_000)
  await done
  const events = [...(await body).matchAll(/^event: (\w+)$/gm)].map((match) => match[1])
  expect(events).toEqual(expected)
})

it.each([
  ['an unknown job', { path: '/v1/jobs/job-00000000000000000000/live' }, 404],
  ['a bad id', { headers: { 'last-event-id': 'x' } }, 422],
  ['a bad query', { queryStringParameters: { from: 'start' } }, 422],
  ['another route', { path: '/v1/jobs' }, 404],
  ['a caller nobody checked', { requestContext: { requestId: 'r', identity: { userArn: null } } }, 401],
])('%s is answered with a problem document', async (_, change, status) => {
  const { done, started, body } = invoke(request(change))
  await done
  expect(started[0]).toMatchObject({ statusCode: status, headers: { 'content-type': 'application/problem+json' } })
  expect(JSON.parse(await body)).toMatchObject({ status })
})

it('a store that fails at once is a problem document without words of its own', async () => {
  platform.table.get = () => Promise.reject(new Error('secret inner words'))
  const { done, started, body } = invoke(request())
  await done
  expect(started[0]).toMatchObject({ statusCode: 500, headers: { 'content-type': 'application/problem+json' } })
  expect(await body).not.toContain('secret')
  expect(lines.join('\n')).toContain('secret inner words')
})

it.each([
  ['', 403],
  ['submit approve admin', 403],
  ['read', 200],
])('a token with the scopes %j is answered with %d', async (scopes, status) => {
  const requestContext = { requestId: 'r', identity: { userArn: null }, authorizer: { principal: 'bob', scopes } }
  const { done, started } = invoke(request({ requestContext }))
  await platform.clock.advance(56_000)
  await done
  expect(started[0]?.statusCode).toBe(status)
})

it('a store that fails in the middle ends the stream after logging, without words of its own', async () => {
  const { done, body } = invoke(request())
  await platform.clock.advance(0)
  platform.table.query = () => Promise.reject(new Error('secret inner words'))
  await platform.clock.advance(3_000)
  await done
  expect(await body).toContain('event: status')
  expect(await body).not.toContain('secret')
  expect(lines.join('\n')).toContain('secret inner words')
})

it('an event that is not a request of API Gateway is refused', async () => {
  const { done } = invoke({ Records: [] })
  await expect(done).rejects.toMatchObject({ code: 'invalid' })
})
