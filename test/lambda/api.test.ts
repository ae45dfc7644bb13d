import { beforeEach, describe, expect, it } from 'vitest'
import { createApiHandler } from '../../functions/lambda/api-handler.ts'
import { sampleRecipe } from '../support/sample-project.ts'
import { type RestOptions, restRequest } from './support/rest-request.ts'
import { context, type TestEntry, testEntry } from './support/test-entry.ts'

const arn = 'arn:aws:sts::123456789012:assumed-role/engineer/alice'

let entry: TestEntry
let handler: ReturnType<typeof createApiHandler>
beforeEach(() => {
  entry = testEntry('api')
  handler = createApiHandler(entry)
})

async function call(method: string, path: string, options: RestOptions = {}) {
  const { statusCode, body, multiValueHeaders = {} } = await handler(restRequest(method, path, options), context)
  return { status: statusCode, body: JSON.parse(body), headers: multiValueHeaders }
}

describe('a caller', () => {
  it('who signed with SigV4 holds every scope: IAM policies on the routes restrain', async () => {
    const created = await call('POST', '/v1/recipes', { iam: arn, body: sampleRecipe() })
    expect(created).toMatchObject({ status: 201, headers: { location: ['/v1/recipes/sample?version=1'] } })
    const listed = await call('GET', '/v1/recipes', { iam: arn, query: { limit: '1' } })
    expect(listed).toMatchObject({ status: 200, body: { items: [{ version: 1 }], next: null } })
  })

  it('with a JWT holds the scopes that the authorizer passed on', async () => {
    const jwt = { principal: 'bob', scopes: 'read approve' }
    expect((await call('GET', '/v1/recipes', { jwt })).status).toBe(200)
    const refused = await call('POST', '/v1/recipes', { jwt, body: sampleRecipe() })
    expect(refused).toMatchObject({
      status: 403,
      body: { detail: '"bob" lacks scope "submit"; it has: read, approve' },
    })
  })

  it.each(['', 'write', 'READ', 'reader'])('with a JWT and the scopes %j may nothing', async (scopes) => {
    expect((await call('GET', '/v1/recipes', { jwt: { principal: 'bob', scopes } })).status).toBe(403)
  })

  it.each([{}, { iam: '' }])(
    'whom API Gateway does not name is nobody, whatever the request says: %j',
    async (named) => {
      const headers = { Authorization: 'Bearer something', 'X-User-Arn': arn }
      const answer = await call('GET', '/v1/jobs', { headers, ...named })
      expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': ['Bearer'] } })
      expect(answer.body.detail).toContain('SigV4')
    },
  )

  it('needs no name to ask whether the service is up', async () => {
    expect(await call('GET', '/healthz')).toMatchObject({ status: 200, body: { ok: true } })
  })
})

describe('a request', () => {
  it('that breaks a rule gets every problem, and writes nothing', async () => {
    const answer = await call('POST', '/v1/recipes', { iam: arn, body: { name: '!', stages: [] } })
    expect(answer).toMatchObject({ status: 422, headers: { 'content-type': ['application/problem+json'] } })
    expect(answer.body.errors.length).toBeGreaterThan(2)
    expect(entry.writes).toEqual([])
  })

  it('may carry its body as Base64', async () => {
    const event = restRequest('POST', '/v1/recipes', { iam: arn, body: sampleRecipe({ description: 'größer' }) })
    const body = Buffer.from(event.body ?? '').toString('base64')
    const answer = await handler({ ...event, body, isBase64Encoded: true }, context)
    expect(JSON.parse(answer.body).spec.description).toBe('größer')
  })

  it('that was repeated with its key changes nothing and gets the same answer', async () => {
    const options = { iam: arn, body: sampleRecipe(), headers: { 'Idempotency-Key': 'k-1' } }
    const first = await call('POST', '/v1/recipes', options)
    const written = entry.writes.length
    expect((await call('POST', '/v1/recipes', options)).body).toEqual(first.body)
    expect(entry.writes.slice(written).filter((write) => !write.includes('IDEM'))).toEqual([])
  })

  it('is logged with function, stage, request, status and the first of a process as cold', async () => {
    await call('GET', '/v1/recipes', { iam: arn })
    await call('GET', '/nowhere', { iam: arn })
    const common = { level: 'INFO', message: 'done', function: 'api', stage: 'test', request: context.awsRequestId }
    expect(entry.lines).toMatchObject([
      { ...common, cold_start: true, method: 'GET', path: '/v1/recipes', status: 200 },
      { ...common, cold_start: false, path: '/nowhere', status: 404 },
    ])
  })
})

it('an internal error keeps its message in the log, with the request, and is counted', async () => {
  const broken = testEntry('api', undefined, {
    table: { ...entry.platform.table, query: () => Promise.reject(new Error('secret-host refused')) },
  })
  const answer = await createApiHandler(broken)(restRequest('GET', '/v1/recipes', { iam: arn }), context)
  expect(answer.statusCode).toBe(500)
  expect(answer.body).not.toContain('secret-host')
  const { instance } = JSON.parse(answer.body)
  expect(broken.lines).toMatchObject([
    { level: 'ERROR', problem: instance, error: { message: 'secret-host refused' }, request: context.awsRequestId },
    { fault_unexpected: 1, stage: 'test', function: 'api', _aws: { CloudWatchMetrics: [{ Namespace: 'Sluice' }] } },
    { message: 'done', status: 500 },
  ])
})

describe('an answer, of which Lambda takes 6 MB as the JSON that it sends', () => {
  /** A list of so many times the same recipe, whose every quote JSON writes twice. */
  async function listOf(length: number) {
    const query: TestEntry['platform']['table']['query'] = async (asked) => {
      const { items } = await entry.platform.table.query(asked)
      return { items: items.flatMap((item) => Array.from({ length }, () => item)) }
    }
    const wide = testEntry('api', undefined, { table: { ...entry.platform.table, query } })
    const answer = await createApiHandler(wide)(restRequest('GET', '/v1/recipes', { iam: arn }), context)
    return { answer, lines: wide.lines, bytes: Buffer.byteLength(JSON.stringify(answer)) }
  }

  /** How many recipes make an answer of so many bytes. */
  async function recipesOf(bytes: number): Promise<number> {
    await call('POST', '/v1/recipes', { iam: arn, body: sampleRecipe() })
    const [one, two] = [await listOf(1), await listOf(2)]
    return Math.floor((bytes - one.bytes) / (two.bytes - one.bytes)) + 1
  }

  it('is passed on whole as long as it fits', async () => {
    const { answer, bytes } = await listOf(await recipesOf(6_270_000))
    expect(bytes).toBeGreaterThan(6_250_000)
    expect(answer.statusCode).toBe(200)
  })

  it('that Lambda would drop, though its body alone were short enough, says what to ask for instead', async () => {
    const length = await recipesOf(6_400_000)
    const { body } = (await listOf(100)).answer
    expect((body.length / 100) * length).toBeLessThan(6_000_000)
    const { answer, lines } = await listOf(length)
    expect(answer).toMatchObject({ statusCode: 413, headers: { 'content-type': 'application/problem+json' } })
    expect(JSON.parse(answer.body).detail).toMatch(/larger than the 6 MB.*smaller page/)
    expect(lines).toMatchObject([{ message: 'done', status: 413 }])
  })
})

describe('what is no request of API Gateway', () => {
  const whole = restRequest('GET', '/v1/jobs', { iam: arn })
  const { httpMethod: _, ...withoutMethod } = whole
  const { requestContext: __, ...withoutContext } = whole
  const http = { version: '2.0', rawPath: '/v1/jobs', rawQueryString: '', requestContext: { http: { method: 'GET' } } }
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['an empty object', {}],
    ['a text', 'GET /v1/jobs'],
    ['an event without method', withoutMethod],
    ['an event without context', withoutContext],
    ['a path that is none', { ...whole, path: 'v1/jobs' }],
    ['an event of an HTTP API', http],
  ])('%s is refused with a reason, and counted', async (_what, event) => {
    await expect(handler(event, context)).rejects.toMatchObject({ code: 'invalid', name: 'invalid' })
    expect(entry.lines).toMatchObject([{ level: 'ERROR', message: 'failed' }, { fault_invalid: 1 }])
    expect(entry.writes).toEqual([])
  })
})
