import { beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../core/platform/fault.ts'
import { createMlflowApi } from './support/mlflow-api.ts'

let api: ReturnType<typeof createMlflowApi>
let run_id: string
beforeEach(async () => {
  api = createMlflowApi()
  run_id = (await api.post('runs/create', { experiment_id: '0' })).body.run.info.run_id
})

const metric = (key: string, value: unknown = 1, step: unknown = 0, timestamp: unknown = 1) => ({
  key,
  value,
  step,
  timestamp,
})
const pairs = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: 'v' }))
const stored = async () => (await api.read('runs/get', { run_id })).body.run.data

describe('a batch that breaks a rule', () => {
  it.each<[string, object, string]>([
    [
      '1001 metrics',
      { metrics: Array.from({ length: 1001 }, (_, i) => metric(`m${i}`)) },
      'at most 1000 metrics, and has 1001',
    ],
    ['101 params', { params: pairs(101) }, 'at most 100 params'],
    ['101 tags', { tags: pairs(101) }, 'at most 100 tags'],
    [
      '1050 in all',
      { metrics: Array.from({ length: 950 }, (_, i) => metric(`m${i}`)), params: pairs(50), tags: pairs(50) },
      '1050',
    ],
    ['a long key', { metrics: [metric('k'.repeat(251))] }, 'longer than 250 characters'],
    ['a key with a bracket', { params: [{ key: 'a[0]', value: '1' }] }, '"a[0]" may only have'],
    ['a key that climbs', { tags: [{ key: 'a/../b', value: '1' }] }, 'read as a file path'],
    ['an empty key', { metrics: [metric('')] }, 'read as a file path'],
    ['a negative step', { metrics: [metric('a', 1, -1)] }, 'step -1: Sluice keeps steps from 0'],
    ['half a step', { metrics: [metric('a', 1, 0.5)] }, '/metrics/0/step'],
    ['text for a value', { metrics: [metric('a', 'high')] }, '/metrics/0/value'],
    ['no value', { metrics: [metric('a', null)] }, '/metrics/0/value'],
    ['a negative time', { metrics: [metric('a', 1, 0, -5)] }, '/metrics/0/timestamp'],
    [
      'a parameter twice',
      {
        params: [
          { key: 'a', value: '1' },
          { key: 'a', value: '1' },
        ],
      },
      '"a" stands twice',
    ],
  ])('%s, is refused whole', async (_, part, why) => {
    const good = { params: [{ key: 'ok', value: '1' }] }
    const { status, body } = await api.post('runs/log-batch', { run_id, ...good, ...part })
    expect([status, body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(body.message).toContain(why)
    expect(await stored()).toMatchObject({ metrics: [], params: [] })
  })

  it('is told everything at once', async () => {
    const { body } = await api.post('runs/log-batch', {
      run_id,
      metrics: [metric('a', 1, -1), metric('b|')],
      tags: [{ key: '/c', value: '' }],
    })
    for (const place of ['/metrics/0/step', '/metrics/1/key', '/tags/0/key']) expect(body.message).toContain(place)
  })

  it('changes no parameter', async () => {
    await api.post('runs/log-parameter', { run_id, key: 'lr', value: '1' })
    expect((await api.post('runs/log-parameter', { run_id, key: 'lr', value: '1' })).status).toBe(200)
    const { status, body } = await api.post('runs/log-parameter', { run_id, key: 'lr', value: '2' })
    expect([status, body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(body.message).toContain('parameter "lr" is "1" already and cannot become "2"')
    expect((await stored()).params).toEqual([{ key: 'lr', value: '1' }])
  })
})

it('the largest batch that MLflow allows is stored', async () => {
  const batch = {
    metrics: Array.from({ length: 800 }, (_, i) => metric(`${'k'.repeat(100)}${i}`, i, i % 7)),
    params: pairs(100),
    tags: pairs(100),
  }
  expect((await api.post('runs/log-batch', { run_id, ...batch })).status).toBe(200)
  expect(await stored()).toMatchObject({ metrics: { length: 800 }, params: { length: 100 } })
})

it('long values are cut, as MLflow cuts them, by characters', async () => {
  await api.post('runs/log-parameter', { run_id, key: 'p', value: '😀'.repeat(6001) })
  await api.post('runs/set-tag', { run_id, key: 't', value: 'x'.repeat(8001) })
  const { params, tags } = await stored()
  expect(params[0].value).toBe('😀'.repeat(6000))
  expect(tags.find(({ key }: { key: string }) => key === 't').value).toBe('x'.repeat(8000))
})

it('a run with too many metrics says which of a request are not kept, each time', async () => {
  for (let i = 0; i < 1000; i += 500)
    await api.post('runs/log-batch', { run_id, metrics: Array.from({ length: 500 }, (_, j) => metric(`m${i + j}`)) })
  for (let repeat = 0; repeat < 2; repeat++) {
    const { status, body } = await api.post('runs/log-batch', {
      run_id,
      metrics: [metric('one/more'), metric('m3', 5, 9)],
    })
    expect(status).toBe(400)
    expect(body.message).toContain('one/more')
    expect(body.message).not.toContain('m3')
  }
  const history = await api.read('metrics/get-history', { run_id, metric_key: 'm3' })
  expect(history.body.metrics).toMatchObject([{ value: 1 }, { value: 5, step: 9 }])
})

describe('errors have MLflow’s form', () => {
  it.each<[string, string, number, string]>([
    ['runs/get?run_id=0123', 'GET', 404, 'RESOURCE_DOES_NOT_EXIST'],
    ['runs/get', 'GET', 400, 'INVALID_PARAMETER_VALUE'],
    ['registered-models/create', 'POST', 501, 'NOT_IMPLEMENTED'],
    ['model-versions/search', 'GET', 501, 'NOT_IMPLEMENTED'],
    ['logged-models', 'POST', 501, 'NOT_IMPLEMENTED'],
    ['experiments/update', 'POST', 501, 'NOT_IMPLEMENTED'],
    ['traces', 'POST', 501, 'NOT_IMPLEMENTED'],
    ['nothing/here', 'GET', 404, 'ENDPOINT_NOT_FOUND'],
  ])('%s', async (endpoint, method, status, error_code) => {
    const answer = await api.call(method, `/api/2.0/mlflow/${endpoint}`, method === 'POST' ? { body: {} } : {})
    expect([answer.status, answer.body.error_code]).toEqual([status, error_code])
    expect(answer.body.message.length).toBeGreaterThan(20)
  })

  it('of artifacts: listing finds none, uploads are refused', async () => {
    expect((await api.read('artifacts/list', { run_id })).body).toEqual({ root_uri: '', files: [] })
    const path = `/api/2.0/mlflow-artifacts/artifacts/0/${run_id}/artifacts/a.txt`
    const answer = await api.call('PUT', path, { body: 'x' })
    expect([answer.status, answer.body.error_code]).toEqual([501, 'NOT_IMPLEMENTED'])
    expect(answer.body.message).toContain('artifact uploads')
  })

  it('of tokens and scopes', async () => {
    expect(await api.post('runs/create', {}, 'wrong')).toMatchObject({
      status: 401,
      body: { error_code: 'UNAUTHENTICATED' },
    })
    expect(await api.post('runs/create', {}, 'reader')).toMatchObject({
      status: 403,
      body: { error_code: 'PERMISSION_DENIED', message: expect.stringContaining('"submit"') },
    })
    expect((await api.read('runs/get', { run_id }, 'reader')).status).toBe(200)
  })

  it('of what breaks inside: the log has the reason, the client the request', async () => {
    const table = { ...api.platform.table, query: () => Promise.reject(new Error('disk /secret')) }
    const broken = createMlflowApi({ table })
    const answer = await broken.post('runs/search', { experiment_ids: ['0'] })
    expect(answer).toMatchObject({ status: 500, body: { error_code: 'INTERNAL_ERROR' } })
    expect(JSON.stringify(answer.body)).not.toContain('secret')
    expect(broken.logged).toMatchObject([{ message: 'disk /secret' }])
  })

  it('of what is busy: the client is told to come again', async () => {
    const table = { ...api.platform.table, get: () => Promise.reject(new Fault('busy', 'throttled')) }
    const answer = await createMlflowApi({ table }).post('runs/set-tag', { run_id, key: 'a', value: 'b' })
    expect(answer).toMatchObject({ status: 503, body: { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'throttled' } })
    expect(answer.headers.get('retry-after')).toBe('2')
  })
})

describe('Sluice’s own view of runs', () => {
  it('lists them, the newest first, and shows one with its metrics', async () => {
    await api.platform.clock.advance(1000)
    const second = (await api.post('runs/create', { experiment_id: '0', run_name: 'second' })).body.run.info.run_id
    await api.post('runs/log-batch', {
      run_id: second,
      metrics: [metric('loss', 2, 1, 5000), metric('loss', 'NaN', 2, 6000)],
      params: [{ key: 'lr', value: '1' }],
    })
    const page = (await api.call('GET', '/v1/runs?limit=1')).body
    expect(page.items).toMatchObject([{ id: `run-${second}`, name: 'second', status: 'RUNNING', deleted: false }])
    const rest = (await api.call('GET', `/v1/runs?after=${encodeURIComponent(page.next)}`)).body
    expect(rest).toMatchObject({ items: [{ id: `run-${run_id}` }], next: null })
    expect((await api.call('GET', `/v1/runs/run-${second}`)).body).toMatchObject({
      experiment_name: 'Default',
      params: { lr: '1' },
      latest_metrics: { loss: 'NaN' },
      last_step: 2,
      points: 2,
    })
    const answer = (await api.call('GET', `/v1/runs/run-${second}/metrics?names=total_loss&times=true`)).body
    expect(answer.series).toMatchObject([
      {
        stage: 0,
        name: 'total_loss',
        points: [
          [1, 2],
          [2, 'NaN'],
        ],
        times: [5000, 6000],
      },
    ])
  })

  it('knows no others', async () => {
    expect((await api.call('GET', `/v1/runs/run-${'0'.repeat(32)}`)).status).toBe(404)
    expect((await api.call('GET', `/v1/runs/run-${'0'.repeat(32)}/metrics`)).status).toBe(404)
    expect((await api.call('GET', '/v1/runs/job-1')).status).toBe(422)
    const bad = await api.call('GET', `/v1/runs/run-${run_id}/metrics?start_step=5&end_step=1`)
    expect([bad.status, bad.body.errors[0].pointer]).toEqual([422, '/query/start_step'])
  })
})
