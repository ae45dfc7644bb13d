import { beforeEach, describe, expect, it } from 'vitest'
import { putAnomaly } from '../../core/diagnostics/anomaly-store.ts'
import { appendRows } from '../../core/metrics/append-rows.ts'
import { type OperationName, operations } from '../../schemas/api.ts'
import { finding } from '../core/support/findings.ts'
import { prepareProject } from '../core/support/project.ts'
import { lines, type StoredAttempt, storedJob } from '../core/support/stored-job.ts'
import { createTestApi, problemOf, type TestApi } from './support/test-api.ts'

let api: TestApi
beforeEach(async () => {
  api = createTestApi()
  await prepareProject(api.platform)
})

const missing = 'job-00000000000000000000'
const data = (step: number) => ({ total_loss: 1 / step, kl_ref: step < 41 ? 0.1 : 5 })
const stored = async (...attempts: StoredAttempt[]) => (await storedJob(api.platform, [attempts])).id
const oneAttempt = () => stored({ lines: lines(1, 100, data) })

/** Calls an operation and checks its answer against the table. */
async function use(name: OperationName, job: string, options: { query?: string; body?: unknown } = {}) {
  const { method, path, status, response } = operations[name]
  const place = `${path.replace('{job}', job)}${options.query ?? ''}`
  const answer = await api.call(method.toUpperCase(), place, { body: options.body })
  expect(answer.body).toEqual(response.parse(answer.body))
  expect(answer.status).toBe(status)
  return answer
}

describe('metrics', () => {
  it('come as points of the steps and names that are asked for', async () => {
    const { body } = await use('getMetrics', await oneAttempt(), {
      query: '?names=kl_divergence&start_step=40&end_step=41',
    })
    expect(body.series).toMatchObject([{ stage: 0, name: 'kl_ref', unit: 'nats', points: [[40, 0.1], [41, 5]] }]) // biome-ignore format: one row
  })

  it('come as buckets that keep least and greatest', async () => {
    const { body } = await use('getMetrics', await oneAttempt(), { query: '?names=kl_ref&buckets=2' })
    expect(body.series[0].points).toEqual([])
    expect(body.series[0].buckets).toMatchObject({ count: [50, 50], min: [0.1, 5], max: [5, 5] })
  })

  it('come as what was stored since', async () => {
    const job = await oneAttempt()
    const { next } = (await use('getMetrics', job)).body
    await appendRows(api.platform, { job, stage: 0, attempt: 1 }, lines(101, 102, data, 100))
    const { body } = await use('getMetrics', job, { query: `?names=kl_ref&after=${next}` })
    expect(body.series[0].points.map(([step]: [number]) => step)).toEqual([101, 102])
  })

  it('of an attempt that was logged over are its branch', async () => {
    const two = { lines: lines(3, 5, data, 50), resumed_from_step: 2 }
    const job = await stored({ lines: lines(1, 4, data) }, two)
    const steps = async (query: string) =>
      (await use('getMetrics', job, { query: `?names=kl_ref${query}` })).body.series[0].points.map(
        ([step]: [number]) => step,
      )
    expect(await steps('&stage=0&attempt=1')).toEqual([1, 2, 3, 4])
    const { branches } = (await use('listMetricBranches', job)).body
    expect(branches.map((each: { attempt: number; wins: object }) => [each.attempt, each.wins])).toEqual([
      [1, { from: 1, to: 2 }],
      [2, { from: 3, to: 5 }],
    ])
  })

  it.each([
    ['?attempt=1', '/query/attempt'],
    ['?start_step=9&end_step=3', '/query/start_step'],
    ['?buckets=0', '/query/buckets'],
    ['?buckets=5001', '/query/buckets'],
    ['?after=yesterday', '/query/after'],
    ['?start_time=yesterday', '/query/start_time'],
    ['?nmaes=total_loss', '/query/nmaes'],
  ])('asked for with %s are refused with the place of the mistake', async (query, pointer) => {
    const problem = problemOf(await api.call('GET', `/v1/jobs/${await oneAttempt()}/metrics${query}`))
    expect(problem).toMatchObject({ status: 422, errors: [{ pointer }] })
  })

  it('beyond what fits an answer are refused with what to do instead', async () => {
    const wide = () => Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`m${i}`, i]))
    const job = await stored({ lines: lines(1, 201, wide) })
    const problem = problemOf(await api.call('GET', `/v1/jobs/${job}/metrics`))
    expect(problem).toMatchObject({ status: 413, detail: expect.stringContaining('use buckets') })
    expect((await use('getMetrics', job, { query: '?buckets=3' })).body.series).toHaveLength(1000)
  })
})

describe('an answer that the client has already', () => {
  it('is not made again, and nothing is decoded for it', async () => {
    const job = await oneAttempt()
    const path = `/v1/jobs/${job}/metrics?buckets=10`
    const first = await api.call('GET', path)
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\w.-]+"$/)
    expect(first.headers.get('cache-control')).toBe('private, no-cache')
    const fresh = createTestApi({ table: api.platform.table, metrics: api.platform.metrics })
    const read: number[] = []
    const { query } = api.platform.metrics
    api.platform.metrics.query = async (asked) => {
      const page = await query(asked)
      read.push(page.items.length)
      return page
    }
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await fresh.call('GET', path, { headers: { 'if-none-match': known } })
      expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, undefined, etag])
    }
    expect(Math.max(...read)).toBeLessThanOrEqual(1)
  })

  it('is made again once there is more, for another question, and for whoever has another', async () => {
    const job = await oneAttempt()
    const ask = (query: string, known: string) =>
      api.call('GET', `/v1/jobs/${job}/metrics${query}`, { headers: { 'if-none-match': known } })
    const etag = (await ask('?buckets=10', '')).headers.get('etag') ?? ''
    expect((await ask('?buckets=11', etag)).status).toBe(200)
    expect((await ask('?buckets=10', etag.slice(1, -1))).status).toBe(200)
    await appendRows(api.platform, { job, stage: 0, attempt: 1 }, lines(101, 101, data, 100))
    const more = await ask('?buckets=10', etag)
    expect([more.status, more.headers.get('etag') === etag]).toEqual([200, false])
  })

  it('is no secret from whoever may not read: who is refused is told no tag', async () => {
    const path = `/v1/jobs/${await oneAttempt()}/metrics`
    const etag = (await api.call('GET', path)).headers.get('etag') ?? ''
    const refused = await api.call('GET', path, { token: 'nobody', headers: { 'if-none-match': etag } })
    expect([refused.status, refused.headers.get('etag')]).toEqual([403, null])
    const bad = await api.call('GET', `${path}?attempt=1`)
    expect([bad.status, bad.headers.get('etag')]).toEqual([422, null])
  })
})

describe('an export', () => {
  const exported = async (job: string, body: object) => {
    const answer = (await use('exportMetrics', job, { body })).body
    const key = decodeURIComponent(/exports\/[^?]+/.exec(answer.url)?.[0] ?? '')
    const bytes = (await api.platform.blobs.get(key)) ?? new Uint8Array()
    expect(answer.bytes).toBe(bytes.length)
    return { ...answer, key, text: new TextDecoder().decode(bytes) }
  }

  it.each(['csv', 'jsonl', 'parquet'])('is a file of one row per step: %s', async (format) => {
    const { rows, key, text } = await exported(await oneAttempt(), { format, start_step: 91 })
    expect([rows, key.endsWith(`.${format}`)]).toEqual([10, true])
    if (format === 'csv') expect(text.split('\r\n')[0]).toBe('stage,step,time,attempt,total_loss,kl_ref')
    if (format === 'parquet') expect(text.slice(0, 4)).toBe('PAR1')
  })

  it('is written once for each request and state of the points', async () => {
    const job = await oneAttempt()
    let writes = 0
    const { put } = api.platform.blobs
    api.platform.blobs.put = (...given) => {
      if (given[0].endsWith('.csv')) writes += 1
      return put(...given)
    }
    const one = await exported(job, { format: 'csv' })
    expect({ ...(await exported(job, { format: 'csv' })), url: one.url }).toEqual(one)
    expect(writes).toBe(1)
    await appendRows(api.platform, { job, stage: 0, attempt: 1 }, lines(101, 101, data, 100))
    expect((await exported(job, { format: 'csv' })).rows).toBe(101)
    expect((await exported(job, { format: 'csv', names: 'kl_ref' })).key).not.toBe(one.key)
    expect(writes).toBe(3)
  })

  it('that broke before it was whole is written again', async () => {
    const job = await oneAttempt()
    const { put } = api.platform.blobs
    api.platform.blobs.put = (...given) =>
      given[0].endsWith('.size.json') ? Promise.reject(new Error('gone')) : put(...given)
    expect((await api.call('POST', `/v1/jobs/${job}/metrics/export`, { body: { format: 'csv' } })).status).toBe(500)
    api.platform.blobs.put = put
    expect(await exported(job, { format: 'csv' })).toMatchObject({ rows: 100 })
  })

  it.each([
    [{}, '/format'],
    [{ format: 'xlsx' }, '/format'],
    [{ format: 'csv', attempt: 1 }, '/attempt'],
    [{ format: 'csv', after: 'x' }, '/after'],
  ])('as %o is refused', async (body, pointer) => {
    const answer = await api.call('POST', `/v1/jobs/${await oneAttempt()}/metrics/export`, { body })
    expect(problemOf(answer)).toMatchObject({ status: 422, errors: [{ pointer }] })
  })
})

describe('a comparison', () => {
  it('has each job once, in the order asked for', async () => {
    const [one, two] = [await oneAttempt(), await oneAttempt()]
    const { body } = await use('compareMetrics', '', { query: `?jobs=${two},${one},${two}&names=kl_ref&buckets=2` })
    expect(body.jobs.map((each: { job: string }) => each.job)).toEqual([two, one])
    expect(body.jobs[0].series[0]).toMatchObject({ name: 'kl_ref', buckets: { count: [50, 50] } })
  })

  it.each([
    ['?jobs=x,y', 422],
    ['?jobs=', 422],
    ['', 422],
    [`?jobs=${missing}`, 404],
    [`?jobs=${Array.from({ length: 11 }, (_, i) => `job-${String(i).padStart(20, '0')}`).join()}`, 422],
    [`?jobs=${missing}&after=x`, 422],
  ])('as %s is refused', async (query, status) => {
    expect(problemOf(await api.call('GET', `/v1/metrics/compare${query}`)).status).toBe(status)
  })

  it('with a bad range is refused with its place', async () => {
    const answer = await api.call('GET', `/v1/metrics/compare?jobs=${await oneAttempt()}&start_step=2&end_step=1`)
    expect(problemOf(answer)).toMatchObject({ status: 422, errors: [{ pointer: '/query/start_step' }] })
  })
})

describe('diagnostics', () => {
  it('list what was found, and the score that it makes', async () => {
    const job = await oneAttempt()
    expect((await use('listAnomalies', job)).body).toEqual({ anomalies: [] })
    expect((await use('getHealth', job)).body).toMatchObject({ score: 100, band: 'healthy', anomalies: [] })
    await putAnomaly(api.platform.table, job, finding())
    expect((await use('listAnomalies', job)).body.anomalies).toEqual([finding()])
    expect((await use('getHealth', job)).body).toMatchObject({ score: 50, band: 'warning', critical: 1 })
  })

  it('read and judge anew when asked', async () => {
    const job = await oneAttempt()
    expect((await use('syncMetrics', job)).body).toMatchObject({ segments: 0, rows: 0, last_step: 100 })
    const { body } = await use('diagnoseJob', job)
    expect(body).toMatchObject({ job, steps: 100, anomalies: [{ rule: 'kl_explosion', severity: 'critical' }] })
  })

  it('try a policy on what is stored', async () => {
    const job = await oneAttempt()
    const request = { jobs: [job], diagnostics: {} }
    const { body } = await use('backtestPolicy', '', { body: request })
    expect(body.results).toMatchObject([{ job, outcome: 'saved', would_stop: { rule: 'kl_explosion' } }])
    const other = { jobs: [job], diagnostics: { kl_explosion: { threshold: 9 } } }
    expect((await use('backtestPolicy', '', { body: other })).body.totals).toMatchObject({ saved: 0, missed: 1 })
  })

  it.each([
    [{ jobs: [], diagnostics: {} }, 422, '/jobs'],
    [{ jobs: ['x'], diagnostics: {} }, 422, '/jobs/0'],
    [{ jobs: Array.from({ length: 101 }, () => missing), diagnostics: {} }, 422, '/jobs'],
    [{ jobs: [missing], diagnostics: { kl_explosion: { treshold: 1 } } }, 422, '/diagnostics/kl_explosion/treshold'],
    [{ jobs: [missing] }, 422, '/diagnostics'],
    [{ jobs: [missing], diagnostics: {} }, 404, undefined],
  ])('refuse the policy %#', async (body, status, pointer) => {
    const problem = problemOf(await api.call('POST', '/v1/policies/backtest', { body }))
    expect([problem.status, problem.errors[0]?.pointer]).toEqual([status, pointer])
  })
})

it.each([
  ['GET', 'metrics'],
  ['GET', 'metrics?attempt=1'],
  ['GET', 'metrics/branches'],
  ['POST', 'metrics/sync'],
  ['POST', 'metrics/export'],
  ['GET', 'anomalies'],
  ['GET', 'health'],
  ['POST', 'diagnose'],
])('%s %s of a job that does not exist is not found', async (method, path) => {
  const body = path.endsWith('export') ? { format: 'csv' } : undefined
  const problem = problemOf(await api.call(method, `/v1/jobs/${missing}/${path}`, { body }))
  expect(problem).toMatchObject({ status: 404, detail: expect.stringContaining(missing) })
})

it.each([
  ['POST', 'metrics/sync', 403],
  ['POST', 'diagnose', 403],
  ['GET', 'health', 200],
])('%s %s is for those who may', async (method, path, status) => {
  expect((await api.call(method, `/v1/jobs/${await oneAttempt()}/${path}`, { token: 'reader' })).status).toBe(status)
})
