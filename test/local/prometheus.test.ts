import { beforeEach, describe, expect, it } from 'vitest'
import type { Machine } from '../../adapters/embedded/asl/machine.ts'
import { openDatabase } from '../../adapters/embedded/database.ts'
import { createOutbox } from '../../adapters/embedded/outbox.ts'
import { createTable } from '../../adapters/embedded/table.ts'
import { openWorkflowStore, prepareWorkflowTables } from '../../adapters/embedded/workflow-store.ts'
import { putAnomaly } from '../../core/diagnostics/anomaly-store.ts'
import { appendRows } from '../../core/metrics/append-rows.ts'
import type { Platform } from '../../core/platform/ports.ts'
import { createApp } from '../../functions/api/app.ts'
import { createPrometheus } from '../../local/prometheus.ts'
import { runtimeCounts } from '../../local/prometheus-counts.ts'
import { routeMatcher } from '../../local/prometheus-http.ts'
import { tokenAuthentication } from '../../local/token.ts'
import type { Anomaly } from '../../schemas/diagnostics.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'
import { parsePrometheus } from '../support/prometheus-text.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

let drivers: TestPlatform
let platform: Platform
let request: (path: string, options?: RequestInit & { token?: string }) => Promise<Response>
const counts = { pending: 3, running: 2 }

beforeEach(() => {
  const prometheus = createPrometheus()
  drivers = createTestPlatform()
  platform = prometheus.around(drivers)
  const authenticate = tokenAuthentication('secret')
  const api = createApp(platform, { authenticate, logError: () => {} })
  const scrape = prometheus.endpoint(platform, {
    authenticate,
    logError: () => {},
    counts: { outboxPending: () => counts.pending, executionsRunning: () => counts.running },
  })
  const fetch = prometheus.measured(async (each: Request) =>
    new URL(each.url).pathname === '/metrics' ? scrape(each) : api.fetch(each),
  )
  request = (path, { token = 'secret', ...options } = {}) =>
    fetch(new Request(`http://127.0.0.1${path}`, { ...options, headers: { authorization: `Bearer ${token}` } }))
})

const scraped = async () => parsePrometheus(await (await request('/metrics')).text())
const sampleOf = async (name: string, labels: Record<string, string> = {}) =>
  (await scraped()).find(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )?.value

const putJob = (i: number, status: string) => {
  const id = `job-${String(i).padStart(20, '0')}`
  const data = { id, status, note: 'x'.repeat(2000) }
  return platform.table.put({ pk: `JOB#${id}`, sk: 'META', data, gsi2: { pk: 'JOBS', sk: id } }, 'any')
}
const anomaly = (fields: Partial<Anomaly>): Anomaly =>
  ({
    rule: 'kl_explosion',
    severity: 'medium',
    stage: 0,
    attempt: 1,
    step: 5,
    last_step: 5,
    ended: false,
    ...fields,
  }) as Anomaly
const source = { job: 'job-1', stage: 0, attempt: 1 }
const rows = (from: number, count: number, time: number) =>
  Array.from({ length: count }, (_, i) => ({ step: from + i, time, data: { loss: 1, lr: 2 } }))

describe('GET /metrics', () => {
  it('needs a token with scope read', async () => {
    const refused = await request('/metrics', { token: 'wrong' })
    expect([refused.status, refused.headers.get('content-type')]).toEqual([401, 'application/problem+json'])
    const given = await request('/metrics')
    expect([given.status, given.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
  })

  it('has the process, and what the runtime counts', async () => {
    const names = new Set((await scraped()).map(({ name }) => name))
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds'])
      expect(names).toContain(name)
    expect(await sampleOf('sluice_outbox_pending')).toBe(3)
    counts.pending = 0
    expect(await sampleOf('sluice_outbox_pending')).toBe(0)
    expect(await sampleOf('sluice_executions_running')).toBe(2)
    expect(await sampleOf('sluice_trainers_running')).toBe(0)
  })
})

describe('requests', () => {
  const count = (route: string, status: string, method = 'GET') =>
    sampleOf('http_server_request_duration_seconds_count', {
      http_route: route,
      http_response_status_code: status,
      http_request_method: method,
    })

  it('are timed by route template, method and status', async () => {
    await request('/v1/jobs/job-00000000000000000001')
    await request('/v1/jobs/job-00000000000000000002')
    await request('/v1/schedules')
    expect(await count('/v1/jobs/{job}', '404')).toBe(2)
    expect(await count('/v1/schedules', '200')).toBe(1)
    await request('/v1/schedules')
    expect(await count('/v1/schedules', '200')).toBe(2)
    const sum = await sampleOf('http_server_request_duration_seconds_sum', { http_route: '/v1/schedules' })
    expect(sum).toBeGreaterThan(0)
  })

  it('of any path and method have few label values, and none that a client chose', async () => {
    await scraped()
    const before = (await scraped()).length
    for (let i = 0; i < 200; i++) {
      await request(`/v1/jobs/job-${i}-secret`)
      await request(`/no/such/${i}-secret`)
      await request(`/v1/runs/${i}-secret/metrics?x=${i}`)
      await request('/v1/jobs', { method: `M${i}` })
    }
    const after = await scraped()
    expect(JSON.stringify(after)).not.toContain('secret')
    const routes = new Set(after.flatMap(({ labels }) => labels.http_route ?? []))
    expect([...routes].sort()).toEqual(['/metrics', '/v1/jobs', '/v1/jobs/{job}', '/v1/runs/{run}/metrics', 'other'])
    // 17 lines for each of the four that are new: 15 buckets, sum and count.
    expect(after.length - before).toBe(4 * 17)
  })
})

describe('jobs', () => {
  it('are counted by status, those from before the start too, and follow what is written', async () => {
    for (let i = 0; i < 5; i++)
      await drivers.table.put(
        { pk: `JOB#old${i}`, sk: 'META', data: { status: 'completed' }, gsi2: { pk: 'JOBS', sk: `${i}` } },
        'any',
      )
    await putJob(1, 'queued')
    expect(await sampleOf('sluice_jobs', { status: 'completed' })).toBe(5)
    expect(await sampleOf('sluice_jobs', { status: 'queued' })).toBe(1)
    await putJob(1, 'running')
    expect(await sampleOf('sluice_jobs', { status: 'running' })).toBe(1)
    expect(await sampleOf('sluice_jobs', { status: 'queued' })).toBeUndefined()
  })

  it('that cannot be read at one scrape are read at the next', async () => {
    const prometheus = createPrometheus()
    let works = false
    const broken = {
      ...drivers,
      table: {
        ...drivers.table,
        query: async (query: never) => {
          if (!works) throw new Error('not now')
          return drivers.table.query(query)
        },
      },
    }
    const logged: unknown[] = []
    const logError = (_: string, error: unknown) => logged.push(error)
    const scrape = prometheus.endpoint(broken, { authenticate: tokenAuthentication('secret'), logError })
    const ask = () => scrape(new Request('http://127.0.0.1/metrics', { headers: { authorization: 'Bearer secret' } }))
    await putJob(1, 'queued')
    expect((await ask()).status).toBe(500)
    expect(logged).toMatchObject([{ message: 'not now' }])
    works = true
    expect(parsePrometheus(await (await ask()).text())).toContainEqual({
      name: 'sluice_jobs',
      labels: { status: 'queued' },
      value: 1,
    })
  })
})

it('anomalies count once, and again when they grow worse', async () => {
  const put = (fields: Partial<Anomaly>) => putAnomaly(platform.table, 'job-1', anomaly(fields))
  await put({})
  await put({ last_step: 6 })
  await put({ step: 90 })
  expect(await sampleOf('sluice_anomalies_total', { rule: 'kl_explosion', severity: 'medium' })).toBe(2)
  await put({ last_step: 7, severity: 'critical' })
  await put({ last_step: 8, severity: 'critical' })
  expect(await sampleOf('sluice_anomalies_total', { rule: 'kl_explosion', severity: 'critical' })).toBe(1)
  expect(await sampleOf('sluice_anomalies_total', { rule: 'kl_explosion', severity: 'medium' })).toBe(2)
})

describe('points', () => {
  it('and segments are counted as they are stored, with their lag', async () => {
    const now = drivers.clock.now().getTime()
    await appendRows(platform, source, rows(0, 10, now - 4000))
    expect(await sampleOf('sluice_metric_points_total')).toBe(20)
    await appendRows(platform, source, rows(10, 5, now - 4000))
    await appendRows(platform, { ...source, attempt: 2 }, rows(0, 1, Number.NaN))
    const samples = await scraped()
    const value = (name: string) => samples.find((sample) => sample.name === name)?.value
    expect(value('sluice_metric_points_total')).toBe(32)
    expect(value('sluice_metric_segments_total')).toBe(3)
    expect(value('sluice_ingest_lag_seconds_count')).toBe(2)
    expect(value('sluice_ingest_lag_seconds_sum')).toBe(8)
  })

  it('from before the start are not counted, those after it are', async () => {
    await appendRows(drivers, source, rows(0, 10, 0))
    await appendRows(platform, source, rows(10, 3, 0))
    expect(await sampleOf('sluice_metric_points_total')).toBe(6)
  })

  it('of more attempts than are remembered are all counted', async () => {
    for (let i = 0; i < 1010; i++) await appendRows(platform, { ...source, job: `job-${i}` }, rows(0, 1, 0))
    await appendRows(platform, { ...source, job: 'job-0' }, rows(1, 1, 0))
    expect(await sampleOf('sluice_metric_points_total')).toBe(2022)
  })

  it('that are refused by the store are not counted', async () => {
    const draft = { pk: 'JOB#job-9', sk: 'M#000#0001#00000000#0000', data: {}, bytes: new Uint8Array([0]) }
    await platform.metrics.put({ ...draft, sk: 'J#000#0001#00000000' }, 'absent')
    await expect(platform.metrics.put(draft, { version: 7 })).rejects.toMatchObject({ code: 'conflict' })
    expect(await sampleOf('sluice_metric_segments_total')).toBe(0)
  })
})

it('with 1,000 jobs a scrape reads no job again', async () => {
  for (let i = 0; i < 1000; i++) await putJob(i, ['queued', 'running', 'completed'][i % 3] ?? '')
  await scraped()
  let queries = 0
  const query = drivers.table.query
  drivers.table.query = (asked) => {
    queries += 1
    return query(asked)
  }
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < 10; i++) {
    const start = performance.now()
    await request('/metrics')
    least = Math.min(least, performance.now() - start)
  }
  expect(queries).toBe(0)
  expect(await sampleOf('sluice_jobs', { status: 'queued' })).toBe(334)
  expect(least).toBeLessThan(20)
})

describe('the template of a path', () => {
  const routeOf = routeMatcher([
    '/',
    '/v1/jobs',
    '/v1/jobs/{job}',
    '/v1/jobs/compare',
    '/v1/jobs/{job}/metrics',
    '/blobs/*',
  ])
  it.each([
    ['/', '/'],
    ['/v1/jobs/compare', '/v1/jobs/compare'],
    ['/v1/jobs/compare/metrics', '/v1/jobs/{job}/metrics'],
    ['/v1/jobs/x', '/v1/jobs/{job}'],
    ['/v1/jobs/x/y', 'other'],
    ['/blobs/a/b/c', '/blobs/*'],
    ['/constructor', 'other'],
  ])('of %s is %s', (path, route) => {
    expect(routeOf(path)).toBe(route)
  })
})

describe('the counts of the runtime', () => {
  it('follow the outbox and the executions', async () => {
    const clock = createVirtualClock()
    const [database, executions] = [openDatabase(':memory:'), openDatabase(':memory:')]
    const outbox = createOutbox(database, clock)
    const table = createTable(database, 'control', clock)
    prepareWorkflowTables(executions.handle)
    const store = openWorkflowStore(executions.handle)
    const counted = runtimeCounts(database, executions)
    expect([counted.outboxPending(), counted.executionsRunning()]).toEqual([0, 0])
    const event = {
      id: 'a',
      type: 'schedule.changed.v1' as const,
      time: clock.now().toISOString(),
      subject: 's',
      data: {},
    }
    await table.put({ pk: 'a', sk: 'b', data: {} }, 'any', event)
    const startedAt = clock.now().toISOString()
    store.add('x', { name: 'm', digest: 'd' } as Machine, '{}', startedAt)
    expect([counted.outboxPending(), counted.executionsRunning()]).toEqual([1, 0])
    await outbox.markDelivered(['a'])
    store.markRunning('x', 1)
    expect([counted.outboxPending(), counted.executionsRunning()]).toEqual([0, 1])
  })
})
