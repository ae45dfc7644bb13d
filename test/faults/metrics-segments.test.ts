import { utimes } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it } from 'vitest'
import { compactMetrics } from '../../core/jobs/compact-metrics.ts'
import { concludeAttempt } from '../../core/jobs/conclude-attempt.ts'
import { failJob } from '../../core/jobs/finish-job.ts'
import { metricsFolder } from '../../core/jobs/ingest-attempt.ts'
import { observeCompute } from '../../core/jobs/observe-compute.ts'
import { syncLiveMetrics } from '../../core/jobs/sync-metrics.ts'
import { listOpen } from '../../core/metrics/compact-marker.ts'
import { segmentKey } from '../../core/metrics/ingest-segments.ts'
import type { Anomaly } from '../../schemas/diagnostics.ts'
import type { MetricBranch, MetricSeries } from '../../schemas/metrics.ts'
import type { MetricLine } from '../../schemas/trainer-contract.ts'
import { createTestApi, type TestApi } from '../api/support/test-api.ts'
import { timeOf } from '../core/metrics/logged.ts'
import { admitted, prepared } from '../core/support/driven-job.ts'
import { saveCheckpoint } from '../support/instant-compute.ts'

const minute = 60_000

let api: TestApi
let id: string
beforeEach(async () => {
  api = createTestApi()
  id = (await admitted(api.platform)).id
  const { launch } = await prepared(api.platform, id)
  await api.platform.compute.submit({
    name: launch.name,
    definition: 'tiny-trainer',
    environment: {},
    timeoutSeconds: 60,
  })
  await observeCompute(api.platform, launch.name)
})

const folder = (attempt = 1) => metricsFolder(id, { index: 0, algorithm: 'sft' }, attempt)
const line = (step: number, data: object = { loss: 1 / step }, second = step) =>
  `${JSON.stringify({ step, ts: timeOf(second), data })}\n`
const lines = (...steps: number[]) => steps.map((step) => line(step)).join('')

async function put(segment: number, body: string | Uint8Array, attempt = 1): Promise<void> {
  await api.platform.blobs.put(segmentKey(folder(attempt), segment), body, 'any')
}

async function got<T>(method: string, path: string): Promise<T> {
  const { status, body } = await api.call(method, `/v1/jobs/${id}${path}`)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body as T
}

const sync = () =>
  got<{ segments: number; rows: number; points: number; last_step: number | null }>('POST', '/metrics/sync')
const branches = async () => (await got<{ branches: MetricBranch[] }>('GET', '/metrics/branches')).branches
const findings = async () => (await got<{ anomalies: Anomaly[] }>('GET', '/anomalies')).anomalies
async function steps(name = 'total_loss', more = ''): Promise<number[] | undefined> {
  const { series } = await got<{ series: MetricSeries[] }>('GET', `/metrics?names=${name}${more}`)
  return series[0]?.points.map(([step]) => step)
}

/** The attempt ends as one that diverged, and the job with it. */
async function ends(): Promise<void> {
  await concludeAttempt(api.platform, { job: id, run: 1, stage: 0, attempt: 1, exit: { code: 70, reason: '' } })
  await failJob(api.platform, { job: id, run: 1, error: 'stage_failed', cause: '{}' })
}

describe('a segment', () => {
  it('of garbage and NUL bytes: good lines count, the others are shown and found', async () => {
    const noise = Uint8Array.from({ length: 4096 }, (_, i) => (i * 131) % 256)
    const bad = [
      'null',
      '[]',
      '7',
      '{"step":',
      '{"step":"x","data":{}}',
      '\0\0\0',
      'a\0b',
      '{"step":-1,"data":{"a":1}}',
    ]
    await put(0, Buffer.concat([Buffer.from(lines(1)), noise, Buffer.from(`\n${bad.join('\n')}\n${lines(2)}`)]))
    await put(1, `${line(3, { 'a\0b': 1, loss: 0.5 })}${'\0'.repeat(5000)}`)
    expect(await sync()).toMatchObject({ segments: 2, rows: 3, last_step: 3 })
    expect(await steps()).toEqual([1, 2, 3])
    const [branch] = await branches()
    expect(branch?.junk_lines).toBeGreaterThanOrEqual(bad.length + 2)
    expect(branch?.junk.length).toBeLessThanOrEqual(10)
    expect(branch?.junk.every(({ text }) => text.length <= 200)).toBe(true)
    expect(await findings()).toMatchObject([{ rule: 'data_quality', stops: false }])
    expect((await got<{ series: MetricSeries[] }>('GET', '/metrics')).series.map(({ name }) => name)).toContain('a\0b')
  })

  it('that is empty counts as read, and the next one is', async () => {
    await put(0, '')
    await put(1, lines(1, 2))
    await put(2, '\n\n')
    await put(3, lines(3))
    expect(await sync()).toMatchObject({ segments: 4, rows: 3 })
    expect(await steps()).toEqual([1, 2, 3])
    expect(await branches()).toMatchObject([{ segments: 4, junk_lines: 0 }])
  })

  it('with 10,000 metrics keeps 1,000 and says so', async () => {
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`layer.${i}.norm`, i]))
    await put(0, line(1, { loss: 1, ...wide }) + line(2, { loss: 0.5, ...wide }))
    expect(await sync()).toMatchObject({ rows: 2, points: 2000 })
    const [branch] = await branches()
    expect(branch).toMatchObject({ refused_names: 9000 })
    expect(branch?.names).toHaveLength(1000)
    expect(await findings()).toMatchObject([{ rule: 'data_quality' }])
    expect(await steps()).toEqual([1, 2])
  })

  it('whose steps go back and whose clock jumps: one row a step, in order; counted and found', async () => {
    await put(0, [1, 2, 3, 2, 3, 4].map((step, i) => line(step, { loss: i }, [5, 1e9, 0, -1e9, 7, 8][i])).join(''))
    await sync()
    const { series } = await got<{ series: MetricSeries[] }>('GET', '/metrics?names=total_loss&times=true')
    expect(series[0]?.points).toEqual([[1, 0], [2, 3], [3, 4], [4, 5]]) // biome-ignore format: one row
    expect(await branches()).toMatchObject([{ backward_steps: 1, rows: 6 }])
    expect(await findings()).toMatchObject([{ rule: 'data_quality' }])
    for (const path of ['/metrics?buckets=2', `/metrics?start_time=${timeOf(0)}`, '/metrics?attempt=1&stage=0'])
      expect((await api.call('GET', `/v1/jobs/${id}${path}`)).status, path).toBe(200)
  })

  it('in which a metric changes its type: what is no number is counted, the rest stays', async () => {
    await put(
      0,
      line(1, { loss: 1, note: 2 }) + line(2, { loss: 0.5, note: 'high' }) + line(3, { loss: 0.3, note: { a: 1 } }),
    )
    await put(1, line(4, { loss: 0.2, note: 5 }))
    await sync()
    expect(await steps('note')).toEqual([1, 4])
    expect(await branches()).toMatchObject([{ type_changes: 2, rows: 4 }])
    expect(await findings()).toMatchObject([{ rule: 'data_quality' }])
  })
})

it('a clock that is years behind makes no object of every few rows', async () => {
  const objects = async () =>
    (await api.platform.blobs.list({ prefix: folder().replace(/metrics\/$/, 'metrics-') })).items.length
  for (let segment = 0; segment < 12; segment++) {
    await put(segment, line(segment + 1, { loss: 1 }, -1e9 + segment))
    await syncLiveMetrics(api.platform)
    await compactMetrics(api.platform)
    await api.platform.clock.advance(minute)
  }
  expect(await objects()).toBe(0)
  await api.platform.clock.advance(8 * 24 * 60 * minute)
  await compactMetrics(api.platform)
  expect(await objects()).toBe(1)
  expect(await steps()).toHaveLength(12)
})

describe('a gap in the numbers of segments', () => {
  it('holds back what lies behind it until it is filled', async () => {
    await put(0, lines(1, 2))
    await put(2, lines(5, 6))
    expect(await sync()).toMatchObject({ segments: 1, last_step: 2 })
    expect(await steps()).toEqual([1, 2])
    await put(1, lines(3, 4))
    expect(await sync()).toMatchObject({ segments: 2, last_step: 6 })
    expect(await steps()).toEqual([1, 2, 3, 4, 5, 6])
    expect(await branches()).toMatchObject([{ segments: 3, backward_steps: 0 }])
  })

  it('does not make a trainer that goes on look stalled', async () => {
    for (const segment of [0, 2, 3, 4]) {
      await arrive(segment)
      await api.platform.clock.advance(20 * minute)
    }
    await arrive(5)
    await syncLiveMetrics(api.platform)
    expect(await findings()).toEqual([])
    await api.platform.clock.advance(40 * minute)
    await syncLiveMetrics(api.platform)
    expect(await findings()).toMatchObject([{ rule: 'step_stall', severity: 'high', stops: false }])
  })

  it('filled when the attempt is over is read all the same, and compacted', async () => {
    await put(0, lines(1, 2))
    await put(2, lines(5, 6))
    await ends()
    await put(1, lines(3, 4))
    await compactMetrics(api.platform)
    expect(await steps()).toEqual([1, 2, 3, 4, 5, 6])
    expect(await branches()).toMatchObject([{ segments: 3, compacted: true }])
    expect(await Array.fromAsync(listOpen(api.platform.metrics))).toEqual([])
  })

  it('filled when all was compacted is compacted again', async () => {
    await put(0, lines(1, 2))
    await put(2, lines(5, 6))
    await ends()
    await compactMetrics(api.platform)
    expect(await branches()).toMatchObject([{ segments: 1, compacted: true }])
    await put(1, lines(3, 4))
    await sync()
    expect(await steps()).toEqual([1, 2, 3, 4, 5, 6])
    await compactMetrics(api.platform)
    expect(await branches()).toMatchObject([{ segments: 3, compacted: true }])
    expect(await steps()).toEqual([1, 2, 3, 4, 5, 6])
  })
})

it('a resume that repeats steps: the newest wins, the older one stays as a branch', async () => {
  const first = await prepared(api.platform, id)
  await saveCheckpoint(first.spec, first.folder, 2)
  await put(1, line(3, { total_loss: 30 }) + line(4, { total_loss: 40 }))
  await concludeAttempt(api.platform, { job: id, run: 1, stage: 0, attempt: 1, exit: { code: 75, reason: '' } })
  expect((await prepared(api.platform, id)).spec.resume_from).toMatchObject({ step: 2 })
  await put(0, line(3, { total_loss: 3 }) + line(4, { total_loss: 4 }), 2)
  await sync()
  const { series } = await got<{ series: MetricSeries[] }>('GET', '/metrics?names=total_loss')
  expect(series[0]?.points).toEqual([[1, 1], [2, 0.5], [3, 3], [4, 4]]) // biome-ignore format: one row
  expect(await branches()).toMatchObject([
    { attempt: 1, rows: 4, wins: { from: 1, to: 2 }, backward_steps: 0 },
    { attempt: 2, rows: 2, wins: { from: 3, to: 4 } },
  ])
  expect(await steps('total_loss', '&stage=0&attempt=1')).toEqual([1, 2, 3, 4])
})

/** A segment with two steps that arrives now. */
async function arrive(segment: number): Promise<void> {
  const data: MetricLine['data'] = { loss: 1, step_time: 30 }
  await put(segment, line(2 * segment + 1, data) + line(2 * segment + 2, data))
  const now = api.platform.clock.now()
  await utimes(fileURLToPath(api.platform.blobs.uri(segmentKey(folder(), segment))), now, now)
}
