import { beforeEach, describe, expect, it } from 'vitest'
import { putAnomaly } from '../../core/diagnostics/anomaly-store.ts'
import { type OperationName, operations } from '../../schemas/api.ts'
import { monitoringOperations } from '../../schemas/operations/monitoring.ts'
import { finding } from '../core/support/findings.ts'
import { prepareProject, submitSample } from '../core/support/project.ts'
import { lines, storedJob } from '../core/support/stored-job.ts'
import { createTestApi, problemOf, type TestApi } from './support/test-api.ts'

let api: TestApi
beforeEach(async () => {
  api = createTestApi()
  await prepareProject(api.platform)
})

const missing = 'job-00000000000000000000'
const data = (step: number) => ({ total_loss: 1 / step, kl_ref: step < 41 ? 0.1 : 5 })
const oneAttempt = async (steps = 100) => (await storedJob(api.platform, [[{ lines: lines(1, steps, data) }]])).id

async function use(name: OperationName, job = '', query = '') {
  const { method, path, status, response } = operations[name]
  const answer = await api.call(method.toUpperCase(), `${path.replace('{job_id}', job)}${query}`)
  expect(answer.body).toEqual(response.parse(answer.body))
  expect(answer.status).toBe(status)
  return answer.body
}

it('the routes of the requirement have its names', () => {
  expect(Object.values(monitoringOperations).map(({ method, path }) => `${method} ${path}`)).toEqual([
    'get /api/v1/monitoring/dashboard',
    'get /api/v1/monitoring/{job_id}/metrics',
    'get /api/v1/monitoring/{job_id}/metrics/anomalies',
    'post /api/v1/monitoring/{job_id}/metrics/sync',
    'post /api/v1/monitoring/{job_id}/diagnose',
    'get /api/v1/monitoring/{job_id}/anomalies/detected',
    'post /api/v1/monitoring/diagnose-all',
    'get /api/v1/monitoring/{job_id}/health',
    'get /api/v1/monitoring/{job_id}/live',
    'get /api/v1/monitoring/{job_id}/playback',
  ])
})

describe('the dashboard', () => {
  it('is empty where nothing was submitted', async () => {
    expect(await use('getDashboard')).toEqual({ counts: {}, items: [], next: null })
  })

  it('has a line for each job, page by page, and counts those of the page', async () => {
    const trained = await oneAttempt()
    await api.platform.clock.advance(1000)
    const { id } = await submitSample(api.platform)
    const first = await use('getDashboard', '', '?limit=1')
    expect(first).toMatchObject({ counts: { submitted: 1 }, items: [{ id, progress: { step: 0 } }] })
    const second = await use('getDashboard', '', `?limit=1&after=${encodeURIComponent(first.next)}`)
    expect(second).toMatchObject({
      counts: { failed: 1 },
      items: [{ id: trained, progress: { step: 100 } }],
      next: null,
    })
  })

  it.each(['?limit=0', '?limit=1001', '?after=x', '?offset=1'])('refuses %s', async (query) => {
    expect(problemOf(await api.call('GET', `/api/v1/monitoring/dashboard${query}`)).status).toBe(422)
  })
})

describe('the flat metrics', () => {
  it('are the newest of the range, oldest first', async () => {
    const job = await oneAttempt()
    const { job_id, count, metrics } = await use('getMonitoringMetrics', job, '?limit=3')
    expect([job_id, count, metrics.map(({ step }: { step: number }) => step)]).toEqual([job, 3, [98, 99, 100]])
    expect(metrics[0]).toMatchObject({ kl_divergence: 5, total_loss: 1 / 98, has_anomaly: false, extra_metrics: {} })
    const range = await use('getMonitoringMetrics', job, '?start_step=5&end_step=6')
    expect(range.metrics.map(({ step }: { step: number }) => step)).toEqual([5, 6])
  })

  it('are a thousand unless told', async () => {
    const job = await oneAttempt(1200)
    expect(await use('getMonitoringMetrics', job)).toMatchObject({ count: 1000 })
    expect(await use('getMonitoringMetrics', job, '?limit=10000')).toMatchObject({ count: 1200 })
  })

  it('say where something was found', async () => {
    const job = await oneAttempt()
    expect(await use('listMetricAnomalies', job)).toEqual({ job_id: job, count: 0, metrics: [] })
    const found = finding({ step: 41, last_step: 43, ended: true })
    await putAnomaly(api.platform.table, job, found)
    const { count, metrics } = await use('listMetricAnomalies', job)
    expect([count, metrics.map(({ step }: { step: number }) => step)]).toEqual([3, [41, 42, 43]])
    expect(metrics[0]).toMatchObject({
      has_anomaly: true,
      anomaly_type: 'kl_explosion',
      anomaly_message: found.message,
    })
    expect(await use('listDetectedAnomalies', job)).toEqual({ job_id: job, count: 1, anomalies: [found] })
    expect(await use('getMonitoringHealth', job)).toMatchObject({ score: 50, band: 'warning' })
  })

  it.each(['?limit=0', '?limit=10001', '?start_step=-1', '?stage=0', '?start_step=5&end_step=4'])(
    'refuse %s',
    async (query) => {
      const answer = await api.call('GET', `/api/v1/monitoring/${await oneAttempt()}/metrics${query}`)
      expect(problemOf(answer).status).toBe(422)
    },
  )
})

describe('what is asked for now', () => {
  it('is read and judged, for one job and for every live one', async () => {
    const job = await oneAttempt()
    expect(await use('syncMonitoringMetrics', job)).toMatchObject({ last_step: 100 })
    expect(await use('diagnoseMonitoringJob', job)).toMatchObject({ job, anomalies: [{ rule: 'kl_explosion' }] })
    const live = await storedJob(api.platform, [[{ lines: lines(1, 100, data) }]], { status: 'running' })
    const { diagnoses, failures } = await use('diagnoseAllJobs')
    expect(diagnoses.map((each: { job: string }) => each.job)).toEqual([live.id])
    expect(failures).toEqual([])
  })
})

it.each([
  ['GET', 'metrics'],
  ['GET', 'metrics/anomalies'],
  ['POST', 'metrics/sync'],
  ['POST', 'diagnose'],
  ['GET', 'anomalies/detected'],
  ['GET', 'health'],
])('%s %s of a job that does not exist is not found, and of no id refused', async (method, path) => {
  expect(problemOf(await api.call(method, `/api/v1/monitoring/${missing}/${path}`)).status).toBe(404)
  const bad = problemOf(await api.call(method, `/api/v1/monitoring/x/${path}`))
  expect(bad).toMatchObject({ status: 422, errors: [{ pointer: '/path/job_id' }] })
})
