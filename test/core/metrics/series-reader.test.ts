import { describe, expect, it } from 'vitest'
import { compactAttempt } from '../../../core/metrics/compact-attempt.ts'
import { queryMetrics } from '../../../core/metrics/query-metrics.ts'
import { createSeriesReader } from '../../../core/metrics/series-reader.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { createTestPlatform } from '../support/test-platform.ts'
import { folderOf, job, line, log, readerOf } from './logged.ts'

const source = { job, stage: 0, attempt: 1 }

/** A platform that notes its reads: items that queries gave, and byte ranges of blobs. */
function watched(platform: Platform) {
  const items: string[] = []
  const bytes: number[] = []
  const metrics: Platform['metrics'] = {
    ...platform.metrics,
    async query(query) {
      const page = await platform.metrics.query(query)
      if (query.limit !== 1) items.push(...page.items.map(({ sk }) => sk).filter((sk) => sk.startsWith('M#')))
      return page
    },
  }
  const blobs: Platform['blobs'] = {
    ...platform.blobs,
    async get(key, range) {
      const found = await platform.blobs.get(key, range)
      bytes.push(found?.length ?? 0)
      return found
    },
  }
  return { platform: { ...platform, metrics, blobs }, items, bytes }
}

const rows = (from: number, count: number) => Array.from({ length: count }, (_, i) => line(from + i))

describe('a reader', () => {
  it('reads only the chunks that were stored since, and one load serves all who ask at once', async () => {
    const { platform, items } = watched(createTestPlatform())
    const reader = createSeriesReader(platform)
    await log(platform as never, { ...source, segments: [rows(1, 3), rows(4, 3)] })
    items.length = 0
    const ask = () => queryMetrics(reader, job, {})
    const answers = await Promise.all([ask(), ask(), ask()])
    expect(items).toEqual(['M#000#0001#00000000#0000', 'M#000#0001#00000001#0000'])
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1)
    await ask()
    expect(items).toHaveLength(2)
    await log(platform as never, { ...source, segments: [rows(7, 1)] }, 2)
    items.length = 0
    expect((await ask()).series[0]?.points).toHaveLength(7)
    expect(items).not.toContain('M#000#0001#00000000#0000')
  })

  it('gives series that stay as they are when more is stored, and shows a chunk that is stored meanwhile next time', async () => {
    const platform = createTestPlatform()
    const reader = readerOf(platform)
    await log(platform, { ...source, segments: [rows(1, 3)] })
    const before = await reader.stage(job, 0)
    await log(platform, { ...source, segments: [[line(3, { m: 33, late: 1 }), line(2, { m: 22 }), line(4)]] }, 1)
    const after = await reader.stage(job, 0)
    expect([...(before?.steps ?? [])]).toEqual([1, 2, 3])
    expect(before?.names()).toEqual(['m'])
    expect((await before?.column('m'))?.values).toEqual(Float64Array.of(1, 2, 3))
    expect((await after?.column('m'))?.values).toEqual(Float64Array.of(1, 22, 33, 4))
    expect(await after?.column('late')).toMatchObject({ present: Uint8Array.of(0, 0, 1, 0) })
    expect(await after?.column('none')).toBeUndefined()
    expect(await reader.stage(job, 5)).toBeUndefined()
    expect(await reader.stages(job)).toEqual([0])
  })

  it('of one metric of a finished run leaves the others unread', async () => {
    const inner = createTestPlatform()
    const names = Array.from({ length: 20 }, (_, i) => `metric_${i}`)
    const wide = Array.from({ length: 4000 }, (_, i) => {
      const data = Object.fromEntries(names.map((name, k) => [name, Math.fround(Math.sin(i * (k + 1.37)))]))
      return line(i, data)
    })
    await log(inner, { ...source, segments: [wide] })
    await compactAttempt(inner, source, folderOf(source))
    const { platform, bytes, items } = watched(inner)
    const { series } = await queryMetrics(createSeriesReader(platform), job, { names: 'metric_7', buckets: 100 })
    expect(series[0]?.buckets?.count.reduce((a, b) => a + b)).toBe(4000)
    const [object] = (await inner.blobs.list({ prefix: 'jobs/j/stages/0/attempts/1/metrics-' })).items
    expect(object?.size).toBeGreaterThan(200_000)
    expect(bytes.reduce((a, b) => a + b)).toBeLessThan(100_000)
    expect(items).toEqual([])
  })

  it('keeps no more than its bytes, lets go what was used longest ago, and answers all the same', async () => {
    const platform = createTestPlatform()
    const jobs = Array.from({ length: 6 }, (_, i) => i)
    for (const stage of jobs) await log(platform, { stage, attempt: 1, segments: [rows(1, 2000)] })
    const most = 120_000
    const reader = readerOf(platform, most)
    const large = readerOf(platform)
    for (const stage of [...jobs, 0, 5, 3]) {
      const answer = await queryMetrics(reader, job, { stage })
      expect(answer).toEqual(await queryMetrics(large, job, { stage }))
      expect(reader.bytes()).toBeLessThanOrEqual(most)
      expect(reader.bytes()).toBeGreaterThan(0)
    }
    expect(large.bytes()).toBeGreaterThan(most)
    const tiny = readerOf(platform, 10)
    expect(await queryMetrics(tiny, job, { stage: 1 })).toEqual(await queryMetrics(large, job, { stage: 1 }))
    expect(tiny.bytes()).toBe(0)
  })

  it('that failed reads again', async () => {
    const platform = createTestPlatform()
    await log(platform, { ...source, segments: [rows(1, 3)] })
    let isDown = true
    const metrics: Platform['metrics'] = {
      ...platform.metrics,
      query: (query) =>
        isDown && query.limit === 1000 ? Promise.reject(new Error('down')) : platform.metrics.query(query),
    }
    const reader = createSeriesReader({ ...platform, metrics })
    await expect(queryMetrics(reader, job, {})).rejects.toThrow('down')
    isDown = false
    expect((await queryMetrics(reader, job, {})).series[0]?.points).toHaveLength(3)
  })
})
