import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compactMetrics } from '../../core/jobs/compact-metrics.ts'
import { listOpen, markOpen } from '../../core/metrics/compact-marker.ts'
import { getCursor } from '../../core/metrics/metric-store.ts'
import { queryBlobs } from '../../core/platform/paging.ts'
import type { Platform } from '../../core/platform/ports.ts'
import { createTestApi, problemOf, type TestApi } from '../api/support/test-api.ts'
import { rejection } from '../core/support/caught.ts'
import { admitted, prepared } from '../core/support/driven-job.ts'
import { ship } from '../core/support/findings.ts'
import { prepareProject } from '../core/support/project.ts'
import { lines, storedJob } from '../core/support/stored-job.ts'
import { readEvents, until } from '../support/live-client.ts'
import { type LiveServer, startLiveServer } from '../support/live-jobs.ts'
import { createFlaws, type Flaw } from './metrics-flaws.ts'

let flaws: ReturnType<typeof createFlaws>
let api: TestApi
let platform: Platform
let id: string
let live: LiveServer | undefined
beforeEach(async () => {
  flaws = createFlaws()
  api = createTestApi(flaws.around(() => api.platform))
  platform = { ...api.platform, ...flaws.around(() => api.platform) }
  await prepareProject(api.platform)
})
afterEach(async () => {
  await live?.stop()
  live = undefined
})

const kinds = ['busy', 'thrown'] as const
const status = { busy: 503, thrown: 500 }
const row = (step: number) => ({ total_loss: 1 / step, learning_rate: step / 7 })

/** A job that failed, with two attempts; the first one's rows are compacted. */
async function stored(isCompacted = true): Promise<void> {
  const attempts = [{ lines: lines(1, 400, row) }, { lines: lines(301, 500, row), resumed_from_step: 300 }]
  id = (await storedJob(api.platform, [attempts])).id
  await markOpen(api.platform.metrics, { job: id, stage: 0, attempt: 1 })
  if (isCompacted) await compactMetrics(api.platform)
  await markOpen(api.platform.metrics, { job: id, stage: 0, attempt: 2 })
}

const get = (path: string) => api.call('GET', `/v1/jobs/${id}${path}`)
const everything = async () => [
  (await get('/metrics?times=true')).body.series,
  (await get('/metrics?buckets=7')).body.series,
]
const keys = async (prefix: string) =>
  (await Array.fromAsync(queryBlobs(api.platform.blobs, prefix))).map(({ key }) => key)

/** The answer is a problem that tells no secret, and the next one is as ever. */
async function expectProblem(flaw: Flaw, ask: () => Promise<Awaited<ReturnType<typeof get>>>): Promise<void> {
  const { result, hits } = await flaws.during(flaw, ask)
  expect(hits, JSON.stringify(flaw)).toBeGreaterThan(0)
  const problem = problemOf(result)
  expect([problem.status, problem.detail.includes('secret')]).toEqual([status[flaw.kind], false])
}

describe.each(kinds)('a store that fails (%s)', (kind) => {
  it.each([
    ['metrics', 'query', '/metrics'],
    ['metrics', 'query', '/metrics?buckets=10&names=total_loss'],
    ['metrics', 'query', '/metrics/branches'],
    ['blobs', 'get', '/metrics'],
    ['blobs', 'get', '/metrics?buckets=10'],
  ] as const)(
    'at %s.%s of GET %s: a problem, whichever call it was, and the truth afterwards',
    async (port, method, path) => {
      await stored()
      const reference = await createReference()
      for (let after = 0; after < 12; after++) {
        // A reader that knows nothing yet.
        const fresh = createTestApi({ table: api.platform.table, ...flaws.around(() => api.platform) })
        const ask = () => fresh.call('GET', `/v1/jobs/${id}${path}`)
        const { result, hits } = await flaws.during({ port, method, kind, after }, ask)
        if (hits === 0) {
          expect(after).toBeGreaterThan(0)
          break
        }
        expect(problemOf(result).status).toBe(status[kind])
        expect(JSON.stringify(result.body)).not.toContain('secret')
        expect((await ask()).body).toEqual((await reference(path)).body)
      }
    },
  )

  it('while an export is written leaves no file, and the next one is whole', async () => {
    await stored()
    const ask = (format: string) => api.call('POST', `/v1/jobs/${id}/metrics/export`, { body: { format } })
    for (const format of ['csv', 'jsonl', 'parquet'])
      for (const [port, method, after] of [['metrics', 'query', 3], ['blobs', 'get', 1], ['blobs', 'put', 0]] as const) // biome-ignore format: a table
        await expectProblem({ port, method, kind, after }, () => ask(format))
    expect(await keys('exports/')).toEqual([])
    for (const format of ['csv', 'jsonl', 'parquet'])
      expect((await ask(format)).body).toMatchObject({ format, rows: 500 })
    // The file is there and its size is not: it does not count.
    await expectProblem({ port: 'blobs', method: 'put', kind, after: 1 }, () =>
      api.call('POST', `/v1/jobs/${id}/metrics/export`, { body: { format: 'csv', names: 'total_loss' } }),
    )
    const again = await api.call('POST', `/v1/jobs/${id}/metrics/export`, {
      body: { format: 'csv', names: 'total_loss' },
    })
    expect([again.status, again.body.rows]).toEqual([201, 500])
  })

  it('while an attempt is compacted: every answer stays, and the next look ends it', async () => {
    await stored()
    const before = await everything()
    const one = await keys('jobs/')
    for (const [
      port,
      method,
    ] of [['metrics', 'query'], ['metrics', 'put'], ['metrics', 'get'], ['metrics', 'delete'], ['blobs', 'put']] as const) // biome-ignore format: a table
      for (let after = 0; after < 3; after++) {
        const { hits } = await flaws.during({ port, method, kind, after }, () =>
          compactMetrics(platform).then(
            () => {},
            () => {},
          ),
        )
        if (hits === 0) break
        expect(await everything()).toEqual(before)
      }
    await compactMetrics(platform)
    expect(await Array.fromAsync(listOpen(api.platform.metrics))).toEqual([])
    expect(await everything()).toEqual(before)
    const own = (await keys('jobs/')).filter((key) => !one.includes(key))
    expect(own).toHaveLength(1)
    expect((await get('/metrics/branches')).body.branches).toMatchObject([{ compacted: true }, { compacted: true }])
  })

  it('for one attempt holds up the compaction of no other', async () => {
    await stored(false)
    const first = id
    await stored(false)
    const { result } = await flaws.during({ port: 'blobs', method: 'put', kind }, () =>
      rejection(compactMetrics(platform)),
    )
    expect(result).toMatchObject({ errors: [{}, {}, {}, {}] })
    await compactMetrics(platform)
    for (const each of [first, id]) {
      id = each
      expect((await get('/metrics/branches')).body.branches).toMatchObject([{ compacted: true }, { compacted: true }])
    }
  })

  it('while segments are read: no point is lost and none counted twice', async () => {
    id = (await admitted(api.platform)).id
    const { folder } = await prepared(api.platform, id)
    for (let segment = 0; segment < 4; segment++)
      await ship(
        folder,
        segment,
        [1, 2, 3].map((i) => 3 * segment + i),
        row,
      )
    const sync = () => api.call('POST', `/v1/jobs/${id}/metrics/sync`)
    for (const [port, method] of [['metrics', 'put'], ['blobs', 'read'], ['metrics', 'query']] as const) // biome-ignore format: a table
      for (let after = 0; after < 2; after++) await expectProblem({ port, method, kind, after }, sync)
    expect(await sync()).toMatchObject({ status: 200 })
    expect(await getCursor(api.platform.metrics, { job: id, stage: 0, attempt: 1 })).toMatchObject({
      rows: 12,
      points: 24,
      next_segment: 4,
      junk_lines: 0,
    })
  })

  it('ends a live stream, which goes on from its last event and repeats nothing', async () => {
    let drivers: Platform | undefined
    live = await startLiveServer({
      viewers: { pollMs: 20 },
      around: (given) => {
        drivers = given
        return { ...given, ...flaws.around(() => drivers as Platform) }
      },
    })
    const { job, log, get: ask, server } = live
    const path = `/v1/jobs/${job}/live`
    const opening = readEvents(await ask(path), 1)
    await log([1, 2])
    const [first] = await opening
    const from = (id: string | undefined) => ask(path, { 'last-event-id': id ?? '' })
    const reading = readEvents(await from(first?.id))
    await until(() => server.viewers() === 1, 'one viewer')
    await log([3, 4])
    // Whether the viewer got the last rows before its stream was cut is open.
    const { result: seen } = await flaws.during({ port: 'metrics', method: 'query', kind }, () => reading)
    const refused = await flaws.during({ port: 'metrics', method: 'query', kind }, () => from(first?.id))
    expect(refused.result.status).toBe(status[kind])
    expect(await refused.result.text()).not.toContain('secret')
    await log([5, 6])
    const more = await readEvents(await from((seen.at(-1) ?? first)?.id), 2 - seen.length)
    expect([...seen, ...more].map(({ data }) => data.steps)).toEqual([[3, 4], [5, 6]]) // biome-ignore format: one row
  })
})

/** Another reader of the same stores, without flaws. */
async function createReference() {
  const own = createTestApi({ metrics: api.platform.metrics, blobs: api.platform.blobs, table: api.platform.table })
  return (path: string) => own.call('GET', `/v1/jobs/${id}${path}`)
}
