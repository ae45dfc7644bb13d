import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { operations } from '../../schemas/api.ts'
import type { Operation } from '../../schemas/operations/operation.ts'
import { sampleRecipe } from '../support/sample-project.ts'
import { createTestApi, problemOf, type TestApi } from './support/test-api.ts'

let api: TestApi
beforeEach(() => {
  api = createTestApi()
})

const job = 'job-00000000000000000001'
const digest = 'a'.repeat(64)
const errorsOf = (answer: Parameters<typeof problemOf>[0]) =>
  problemOf(answer).errors.map(({ pointer, code }) => [pointer, code])

describe('a bad body', () => {
  it.each(['{"recipe":', 'recipe=sample', '\u0000', '[1,2'])('that is not JSON is named: %j', async (body) => {
    const answer = await api.call('POST', '/v1/jobs', { body })
    expect(answer.status).toBe(422)
    expect(errorsOf(answer)).toEqual([['', 'bad_json']])
  })

  it.each(['null', '[]', '5', '"text"'])('that is JSON but no object is refused: %s', async (body) => {
    const answer = await api.call('POST', '/v1/jobs', { body })
    expect(answer.status).toBe(422)
    expect(errorsOf(answer)).toEqual([['', 'invalid_type']])
  })

  it('with unknown fields, wrong types and broken rules hears of all of them at once', async () => {
    const body = { recipe: 'Not A Name', datasets: { 'Bad Name': 'x', ok: 5 }, labels: { a: 1 }, priority: 'high' }
    expect(errorsOf(await api.call('POST', '/v1/jobs', { body }))).toEqual([
      ['/recipe', 'invalid_format'],
      ['/datasets/Bad Name', 'invalid_format'],
      ['/datasets/ok', 'invalid_type'],
      ['/labels/a', 'invalid_type'],
      ['/priority', 'unknown_key'],
    ])
  })

  it('deep in a recipe is pointed at, with the remedy', async () => {
    const [sft, grpo] = sampleRecipe().stages
    const body = {
      ...sampleRecipe(),
      stages: [
        { ...sft, steps: 0, stepz: 1 },
        { ...grpo, algorithm: 'ppo' },
      ],
      gate: [{ type: 'vibes' }],
    }
    const answer = await api.call('POST', '/v1/recipes', { body })
    expect(errorsOf(answer)).toEqual([
      ['/stages/0/steps', 'too_small'],
      ['/stages/0/stepz', 'unknown_key'],
      ['/stages/1/algorithm', 'invalid_union'],
      ['/gate/0/type', 'invalid_union'],
    ])
    expect(answer.body.errors[0].remedy).toBe('Give at least 1.')
  })

  it('of a contradictory recipe is refused by publish and validate alike', async () => {
    const body = sampleRecipe({ gate: [{ type: 'min_accuracy', value: 0.5 }] })
    for (const path of ['/v1/recipes', '/v1/recipes/validate'])
      expect(errorsOf(await api.call('POST', path, { body }))).toEqual([['/gate', 'no_comparison']])
  })

  it.each([['text/plain'], ['application/x-www-form-urlencoded'], ['application/jsonp'], ['']])(
    'of content type %j is refused',
    async (type) => {
      const answer = await api.call('POST', '/v1/jobs', { body: '{}', headers: { 'content-type': type } })
      expect(problemOf(answer)).toMatchObject({ status: 415, detail: expect.stringContaining('send application/json') })
    },
  )

  it.each(['application/json; charset=utf-8', 'application/merge-patch+json'])(
    'of content type %s is read',
    async (type) => {
      const answer = await api.call('POST', '/v1/jobs', { body: '{}', headers: { 'content-type': type } })
      expect(answer.status).toBe(422)
    },
  )

  it('of more than 1 MB is refused, announced or not', async () => {
    const body = JSON.stringify({ recipe: 'x'.repeat(1024 * 1024) })
    expect(problemOf(await api.call('POST', '/v1/jobs', { body }))).toMatchObject({
      status: 413,
      detail: expect.stringContaining('POST /v1/uploads'),
    })
    const stream = new Blob([body]).stream()
    const request = new Request('http://127.0.0.1:4000/v1/jobs', {
      method: 'POST',
      body: stream,
      duplex: 'half',
      headers: { host: '127.0.0.1:4000', authorization: 'Bearer all', 'content-type': 'application/json' },
    } as RequestInit)
    expect((await api.app.request(request)).status).toBe(413)
  })

  it('never makes the service fail, whatever it is', async () => {
    const writing = (Object.values(operations) as Operation[]).filter(({ body }) => body)
    const path = ({ path }: Operation) =>
      path.replace('{job}', job).replace('{name}', 'name').replace('{alias}', 'production')
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...writing), fc.jsonValue(), async (operation, body) => {
        const answer = await api.call(operation.method.toUpperCase(), path(operation), { body: JSON.stringify(body) })
        expect(answer.status).toBeGreaterThanOrEqual(400)
        expect(answer.status).toBeLessThan(500)
        problemOf(answer)
      }),
      { numRuns: 150 },
    )
    expect(api.logged).toEqual([])
  })
})

describe('a bad URL', () => {
  it.each([
    ['/v1/jobs/job-1', '/path/job'],
    ['/v1/recipes/Bad%20Name', '/path/name'],
    ['/v1/datasets/x/versions/newest', '/path/digest'],
    ['/v1/jobs?limit=0', '/query/limit'],
    ['/v1/jobs?limit=1001', '/query/limit'],
    ['/v1/jobs?limit=many', '/query/limit'],
    ['/v1/jobs?page=2', '/query/page'],
    [`/v1/jobs/${job}/metrics?start_step=-1`, '/query/start_step'],
    [`/v1/jobs/${job}/logs?lines=1.5`, '/query/lines'],
  ])('%s is pointed at', async (path, pointer) => {
    const answer = await api.call('GET', path)
    expect(answer.status).toBe(422)
    expect(problemOf(answer).errors.map((error) => error.pointer)).toEqual([pointer])
  })

  it.each([
    ['GET', `/v1/jobs/${job}`],
    ['POST', `/v1/jobs/${job}/cancel`],
    ['POST', `/v1/jobs/${job}/resume`],
    ['POST', `/v1/jobs/${job}/clone`],
    ['GET', `/v1/jobs/${job}/events`],
    ['GET', `/v1/jobs/${job}/preflight`],
    ['GET', `/v1/jobs/${job}/metrics`],
    ['GET', `/v1/jobs/${job}/logs`],
    ['GET', `/v1/jobs/${job}/failure-pack`],
    ['GET', '/v1/recipes/missing'],
    ['GET', '/v1/datasets/missing/versions'],
    ['GET', '/v1/datasets/missing/versions/latest'],
    ['GET', `/v1/datasets/missing/versions/${digest}`],
    ['GET', '/v1/evaluations/ev-missing'],
    ['GET', '/v1/evaluations/ev-missing/responses'],
    ['GET', '/v1/models/missing'],
    ['GET', '/nowhere'],
    ['DELETE', '/v1/jobs'],
  ])('%s %s names what is not there', async (method, path) => {
    const problem = problemOf(await api.call(method, path))
    expect(problem).toMatchObject({ status: 404, type: '/problems/not_found' })
    expect(problem.detail).toMatch(/missing|job-0|ev-missing|nothing at/)
  })

  it.each([
    `/v1/evaluations/${'x'.repeat(3000)}`,
    '/v1/evaluations/%00',
    '/v1/evaluations/%ED%A0%80',
    '/v1/evaluations/%',
  ])('with an id that no store can hold is a bad request, not a failure: %s', async (path) => {
    const { status } = problemOf(await api.call('GET', path))
    expect([404, 422]).toContain(status)
    expect(api.logged).toEqual([])
  })
})

describe('a bad cursor', () => {
  it.each(['nonsense', 'W10', '%00', 'e30'])('%j is pointed at, in every list', async (after) => {
    const lists = ['/v1/jobs', '/v1/recipes', '/v1/datasets', '/v1/models', '/v1/base-models']
    for (const path of lists)
      expect(errorsOf(await api.call('GET', `${path}?after=${after}`))).toEqual([['/query/after', 'bad_cursor']])
  })
})

describe('a bad Idempotency-Key', () => {
  it.each(['', ' ', 'two words', 'x'.repeat(201), 'clé'])('%j is pointed at', async (key) => {
    const answer = await api.call('POST', '/v1/jobs', {
      body: { recipe: 'sample' },
      headers: { 'idempotency-key': key },
    })
    expect(answer.status).toBe(422)
    expect(errorsOf(answer)).toEqual([['/header/Idempotency-Key', 'bad_header']])
  })
})
