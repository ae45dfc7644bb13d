import { beforeEach, describe, expect, it } from 'vitest'
import { intakeDrop } from '../../core/datasets/intake-drop.ts'
import { uploadKey } from '../../core/datasets/uploads.ts'
import { gateJob } from '../../core/jobs/evaluate-job.ts'
import { failJob, registerModel } from '../../core/jobs/finish-job.ts'
import { getJob } from '../../core/jobs/job-store.ts'
import { recordJobEvent } from '../../core/jobs/record-event.ts'
import { operations } from '../../schemas/api.ts'
import { admitted, evaluated, prepared, trained } from '../core/support/driven-job.ts'
import { jsonl, sampleRecipe, sft } from '../support/sample-project.ts'
import { operationUser } from './support/operation-user.ts'
import { createTestApi, type TestApi } from './support/test-api.ts'

let api: TestApi
const { use, streamed, called } = operationUser(() => api)
beforeEach(() => {
  api = createTestApi()
})

async function finishedJob(): Promise<string> {
  const job = await admitted(api.platform)
  await trained(api.platform, job)
  await evaluated(api.platform, job)
  await gateJob(api.platform, { job: job.id, run: 1 })
  await registerModel(api.platform, { job: job.id, run: 1 })
  for (const event of api.platform.events())
    if (event.type.startsWith('job.')) await recordJobEvent(api.platform, event)
  return job.id
}

describe('datasets', () => {
  it('are uploaded and registered, and say where they are', async () => {
    const { body: upload } = await use('createUpload')
    expect(upload).toMatchObject({
      url: expect.stringContaining(upload.upload),
      expires_at: '2026-01-01T01:00:00.000Z',
    })
    await api.platform.blobs.put(uploadKey(upload.upload), jsonl(sft), 'absent')
    const registered = await use('registerDataset', { name: 'train' }, { upload: upload.upload })
    const { digest } = registered.body
    expect(registered.headers.get('location')).toBe(`/v1/datasets/train/versions/${digest}`)
    for (const version of ['latest', digest])
      expect((await use('getDatasetVersion', { name: 'train', digest: version })).body).toEqual(registered.body)
    expect((await use('listDatasetVersions', { name: 'train' })).body.items).toEqual([registered.body])
    expect((await use('listDatasets')).body.items).toMatchObject([{ name: 'train', latest: digest }])
    const at = { name: 'train', digest }
    expect((await use('getDatasetReport', at)).body.rows).toBe(40)
    expect((await use('listRows', { ...at, '?': '?limit=2' })).body.items).toHaveLength(2)
    expect((await use('getRowProof', { ...at, row: '3' })).body.row).toBe(3)
    expect((await use('verifyDatasetVersion', at)).body.ok).toBe(true)
    expect((await use('diffDatasets', { name: 'train', '?': '?from=latest' })).body.unchanged).toBe(40)
    expect((await use('listSuites')).body.items).toEqual([])
  })

  it('with bad rows are refused with every line', async () => {
    const { body: upload } = await use('createUpload')
    await api.platform.blobs.put(uploadKey(upload.upload), `${jsonl(sft)}{}\nnot json\n`, 'absent')
    const answer = await api.call('POST', '/v1/datasets/train/versions', { body: { upload: upload.upload } })
    expect(answer.status).toBe(422)
    expect(answer.body.errors.map((each: { pointer: string }) => each.pointer)).toEqual([
      '/lines/41/prompt',
      '/lines/41/completion',
      '/lines/42',
    ])
  })
})

describe('builds', () => {
  it('are accepted, shown, cancelled, and show what they left out', async () => {
    const { body: upload } = await use('createUpload')
    await api.platform.blobs.put(uploadKey(upload.upload), jsonl(sft), 'absent')
    await use('registerDataset', { name: 'train' }, { upload: upload.upload })
    const request = { kind: 'dataset', name: 'clean', sources: [{ dataset: 'train' }] }
    const { body, headers } = await use('createBuild', {}, request)
    expect(headers.get('location')).toBe(`/v1/builds/${body.id}`)
    const at = { build: body.id }
    expect((await use('getBuild', at)).body).toMatchObject({
      status: 'submitted',
      sources: [{ dataset: 'train', rows: 40 }],
    })
    expect((await use('listBuilds')).body.items).toEqual([body])
    expect((await use('listDroppedRows', at)).body.items).toEqual([])
    expect((await use('cancelBuild', at)).body.status).toBe('cancelled')
    expect((await use('cancelBuild', at)).body.status).toBe('cancelled')
  })

  it('that contradict themselves or name what is not there are refused with every problem', async () => {
    const request = {
      kind: 'dataset',
      name: 'clean',
      sources: [{ dataset: 'nothing' }],
      operators: { balance: {}, decontaminate: { against: ['none'] } },
    }
    const answer = await api.call('POST', '/v1/builds', { body: request })
    expect(answer.status).toBe(422)
    expect(answer.body.errors.map((each: { pointer: string }) => each.pointer)).toEqual([
      '/operators/balance',
      '/sources/0/dataset',
      '/operators/decontaminate/against/0',
    ])
  })
})

describe('recipes', () => {
  it('are validated with their defaults, published and read back', async () => {
    const { body } = await use('validateRecipe', {}, sampleRecipe())
    expect(body.spec.stages[0].hyperparameters.lora).toMatchObject({ r: 8 })
    const published = await use('publishRecipe', {}, sampleRecipe())
    expect(published.headers.get('location')).toBe('/v1/recipes/sample?version=1')
    expect((await use('getRecipe', { name: 'sample' })).body).toEqual(published.body)
    expect((await use('getRecipe', { name: 'sample', '?': '?version=1' })).body).toEqual(published.body)
    expect((await use('listRecipes')).body.items).toEqual([published.body])
  })
})

describe('jobs', () => {
  it('are submitted, shown, cancelled and cloned', async () => {
    await admitted(api.platform)
    const submitted = await use('submitJob', {}, { recipe: 'sample' })
    const job = submitted.body.id
    expect(submitted.headers.get('location')).toBe(`/v1/jobs/${job}`)
    expect((await use('getJob', { job })).body).toMatchObject({ id: job, status: 'submitted' })
    expect((await use('getPreflight', { job })).body).toEqual({ round1: null, round2: null })
    expect((await api.call('GET', `/v1/jobs/${job}/ticket`)).status).toBe(404)
    expect((await use('cancelJob', { job }, {})).body).toMatchObject({
      status: 'cancelled',
      reason: { message: 'cancelled by its owner' },
    })
    expect((await use('cloneJob', { job })).body).toMatchObject({ cloned_from: job })
    expect((await api.call('POST', `/v1/jobs/${job}/resume`)).status).toBe(409)
    expect((await use('listJobs')).body.items).toHaveLength(3)
  })

  it('are watched as they go on', async () => {
    const job = await finishedJob()
    expect((await use('getTicket', { job })).body.public_key).toContain('BEGIN PUBLIC KEY')
    for (const [name, path] of [
      ['watchJob', `/v1/jobs/${job}/live?after=0.`],
      ['watchMonitoringJob', `/api/v1/monitoring/${job}/live?after=0.`],
    ] as const) {
      const events = await streamed(name, path)
      expect(events[0]).toMatchObject({ event: 'status', data: { type: 'submitted' } })
      expect(events.some(({ event }) => event === 'metrics')).toBe(true)
    }
  })

  it('are played back', async () => {
    const job = await finishedJob()
    for (const [name, path] of [
      ['playJob', `/v1/jobs/${job}/playback?speed=10`],
      ['playMonitoringJob', `/api/v1/monitoring/${job}/playback?speed=10`],
    ] as const)
      expect((await streamed(name, path))[0]).toMatchObject({ event: 'meta', data: { job, stage: 1, total_rows: 4 } })
  })

  it('are submitted once per key, and a key is not used twice', async () => {
    await admitted(api.platform)
    const key = { 'idempotency-key': '9d1c' }
    const first = await use('submitJob', {}, { recipe: 'sample' }, key)
    expect((await use('submitJob', {}, { recipe: 'sample', labels: {} }, key)).body).toEqual(first.body)
    const other = await api.call('POST', '/v1/jobs', { body: { recipe: 'sample', labels: { a: 'b' } }, headers: key })
    expect(other).toMatchObject({ status: 422, body: { type: '/problems/idempotency_mismatch' } })
    const bob = await api.call('POST', '/v1/jobs', { body: { recipe: 'sample' }, headers: key, token: 'bob' })
    expect(bob.status).toBe(202)
    expect(bob.body.id).not.toBe(first.body.id)
  })

  it('that fail show their logs and failure pack, and are resumed', async () => {
    const { id } = await admitted(api.platform)
    const { launch, folder } = await prepared(api.platform, id)
    await api.platform.compute.submit({ ...launch, environment: {} })
    expect((await use('getLogs', { job: id, '?': '?lines=1' })).body).toEqual({
      stage: 0,
      attempt: 1,
      lines: [`${launch.name} logged its last line`],
    })
    expect((await api.call('GET', `/v1/jobs/${id}/logs?stage=1`)).status).toBe(404)
    expect((await api.call('GET', `/v1/jobs/${id}/logs?attempt=2`)).status).toBe(404)
    expect((await api.call('GET', `/v1/jobs/${id}/failure-pack`)).status).toBe(404)
    api.platform.compute.end(launch.name, 1)
    await failJob(api.platform, { job: id, run: 1, error: 'e', cause: 'c' })
    expect((await use('getFailurePack', { job: id })).body.url).toContain('failure-pack.tar.gz')
    expect((await api.call('POST', `/v1/jobs/${id}/resume`)).body.detail).toContain('no latest checkpoint')
    await api.platform.blobs.put(`${folder.slice(folder.indexOf('jobs/'))}checkpoints/step_2/_COMPLETE`, '{}', 'absent')
    expect((await use('resumeJob', { job: id })).body).toMatchObject({ status: 'submitted', run: 2 })
  })

  it('that are done show history, reports, curves, evaluations and the model', async () => {
    const job = await finishedJob()
    expect((await use('getJob', { job })).body).toMatchObject({
      status: 'succeeded',
      stages: [{ step: 4 }, { step: 4 }],
    })
    const { items } = (await use('listJobEvents', { job })).body
    expect(items.map((each: { status: string }) => each.status)).toEqual([
      'submitted',
      'validating',
      'queued',
      'running',
      'running',
      'running',
      'running',
      'evaluating',
      'gating',
      'succeeded',
    ])
    expect((await use('getPreflight', { job })).body).toMatchObject({ round1: { pass: true }, round2: { pass: true } })

    const { series } = (await use('getMetrics', { job, '?': '?names=total_loss,learning_rate&stage=1&start_step=2' }))
      .body
    expect(series.map((each: { name: string; points: unknown[] }) => [each.name, each.points.length])).toEqual([['total_loss', 3], ['learning_rate', 3]]) // biome-ignore format: one row

    const { candidate } = (await getJob(api.platform.table, job)).comparison ?? { candidate: { evaluation: '' } }
    const evaluation = candidate.evaluation
    expect((await use('getEvaluation', { evaluation })).body).toMatchObject({
      status: 'scored',
      summary: { correct: 30 },
    })
    const page = (await use('listResponses', { evaluation, '?': '?limit=20' })).body
    const rest = (await use('listResponses', { evaluation, '?': `?limit=20&after=${page.next}` })).body
    expect([...page.items, ...rest.items].map(({ index }) => index)).toEqual(Array.from({ length: 30 }, (_, i) => i))
    expect(rest.next).toBeNull()

    expect((await use('listModels')).body.items).toMatchObject([{ name: 'sample-model', version: 1, job }])
    expect((await use('getModel', { name: 'sample-model' })).body.aliases).toMatchObject([
      { alias: 'staging', version: 1 },
    ])
    const moved = await use('moveAlias', { name: 'sample-model', alias: 'canary' }, { version: 1, from: null })
    expect(moved.body).toMatchObject({ alias: 'canary', reason: 'moved by alice' })
    const production = await api.call('PUT', '/v1/models/sample-model/aliases/production', { body: { version: 1 } })
    expect(production).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('only prod jobs reach production') },
    })
    expect((await use('listBaseModels')).body.items).toHaveLength(1)
  })
})

it('metrics are compared, exported, judged, and served under the names of the requirement', async () => {
  const job = await finishedJob()
  expect((await use('listMetricBranches', { job })).body.branches).toHaveLength(2)
  expect((await use('syncMetrics', { job })).body).toMatchObject({ segments: 0, last_step: 4 })
  expect((await use('exportMetrics', { job }, { format: 'csv' })).body).toMatchObject({ format: 'csv', rows: 8 })
  expect((await use('compareMetrics', { '?': `?jobs=${job}` })).body.jobs).toMatchObject([{ job }])
  expect((await use('listAnomalies', { job })).body).toEqual({ anomalies: [] })
  expect((await use('getHealth', { job })).body).toMatchObject({ score: 100, band: 'healthy' })
  expect((await use('diagnoseJob', { job })).body).toMatchObject({ job, steps: 8 })
  const tried = await use('backtestPolicy', {}, { jobs: [job], diagnostics: {} })
  expect(tried.body).toMatchObject({ results: [{ job, outcome: 'untouched', would_stop: null }] })

  expect((await use('getDashboard')).body).toMatchObject({ counts: { succeeded: 1 }, items: [{ id: job }] })
  const named = { job_id: job }
  expect((await use('getMonitoringMetrics', named)).body).toMatchObject({ job_id: job, count: 8 })
  expect((await use('listMetricAnomalies', named)).body).toMatchObject({ count: 0 })
  expect((await use('syncMonitoringMetrics', named)).body).toMatchObject({ segments: 0 })
  expect((await use('diagnoseMonitoringJob', named)).body).toMatchObject({ job })
  expect((await use('listDetectedAnomalies', named)).body).toMatchObject({ anomalies: [] })
  expect((await use('getMonitoringHealth', named)).body).toMatchObject({ score: 100 })
  expect((await use('diagnoseAllJobs')).body).toEqual({ diagnoses: [], failures: [] })
})

it('runs that a client tracked by itself are listed with what they logged', async () => {
  const created = await api.call('POST', '/api/2.0/mlflow/runs/create', { body: {} })
  const run = `run-${created.body.run.info.run_id}`
  expect((await use('listRuns')).body.items).toMatchObject([{ id: run }])
  expect((await use('getRun', { run })).body).toMatchObject({ id: run })
  expect((await use('getRunMetrics', { run })).body).toEqual({ series: [], next: null })
})

it('schedules are put, shown, listed and deleted', async () => {
  await admitted(api.platform)
  const definition = { cron: '0 2 * * *', action: { kind: 'job', request: { recipe: 'sample' } } }
  const { body } = await use('putSchedule', { name: 'nightly' }, definition)
  expect((await use('getSchedule', { name: 'nightly' })).body).toEqual(body)
  expect((await use('listSchedules')).body.items).toEqual([body])
  await use('deleteSchedule', { name: 'nightly' })
})

it('dropped files and base models are listed once they are there', async () => {
  await api.platform.blobs.put('drops/train/a.jsonl', jsonl(sft), 'absent')
  await intakeDrop(api.platform, 'drops/train/a.jsonl')
  expect((await use('listDrops', { name: 'train' })).body.items).toMatchObject([{ status: 'accepted' }])
  const model = { id: 'a/b', uri: 's3://models/b/', digest: 'a'.repeat(64), context_length: 1024 }
  await use('registerBaseModel', {}, model)
  expect((await use('listBaseModels')).body.items).toMatchObject([model])
})

it('health needs no token', async () => {
  expect((await use('health')).body).toMatchObject({ ok: true })
})

it('every operation of the table answered here as the table says', () => {
  expect([...called].sort()).toEqual(Object.keys(operations).sort())
})
