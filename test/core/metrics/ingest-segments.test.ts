import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance, ingestSegments, segmentKey } from '../../../core/metrics/ingest-segments.ts'
import { getCursor, startCursor } from '../../../core/metrics/metric-store.ts'
import { queryMetrics } from '../../../core/metrics/query-metrics.ts'
import type { MetricLine } from '../../../schemas/trainer-contract.ts'
import { Crash, crashing } from '../support/crashing.ts'
import { metricLines } from '../support/metric-lines.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const source = { job: 'job-00000000000000000001', stage: 0, attempt: 1 }
const folder = 'jobs/j/metrics/'
const ts = '2026-01-01T00:00:00.000Z'
const line = (step: number, data: MetricLine['data'] = { loss: step }): MetricLine => ({ step, ts, data })
const text = (lines: MetricLine[]) => lines.map((each) => `${JSON.stringify(each)}\n`).join('')

const ship = (platform: TestPlatform, segment: number, lines: MetricLine[], junk = '') =>
  platform.blobs.put(segmentKey(folder, segment), text(lines) + junk, 'any')
const ingest = (platform: Parameters<typeof ingestSegments>[0]) => ingestSegments(platform, source, folder)
const everything = async (platform: TestPlatform) => ({
  series: await queryMetrics(platform, source.job, {}),
  cursor: await getCursor(platform.metrics, source),
})

describe('segments', () => {
  it('give the same series however their arrivals, hints and readers interleave', async () => {
    const segments = fc.array(metricLines({ maxLength: 4 }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(segments, fc.scheduler(), fc.nat(), async (shipped, scheduler, seed) => {
        const straight = createTestPlatform()
        for (const [i, lines] of shipped.entries()) await ship(straight, i, lines)
        await ingest(straight)

        const platform = createTestPlatform()
        const order = shipped.map((_, i) => i).sort((a, b) => ((a * 7 + seed) % 5) - ((b * 7 + seed) % 5))
        const arrivals = order.map((i) =>
          scheduler.schedule(Promise.resolve(i)).then(() => ship(platform, i, shipped[i] ?? [])),
        )
        const hints = [1, 2, 3].map((i) => scheduler.schedule(Promise.resolve(i)).then(() => ingest(platform)))
        await scheduler.waitFor(Promise.all([...arrivals, ...hints]))
        await Promise.all([ingest(platform), ingest(platform)])
        expect(await everything(platform)).toEqual(await everything(straight))
      }),
      { numRuns: 25 },
    )
  })

  it('are read up to the first that is missing, and on when it arrives', async () => {
    const platform = createTestPlatform()
    await ship(platform, 0, [line(1)])
    await ship(platform, 2, [line(3)])
    expect(await ingest(platform)).toMatchObject({ next_segment: 1, last_step: 1 })
    await ship(platform, 1, [line(2)])
    expect(await ingest(platform)).toMatchObject({ next_segment: 3, last_step: 3, contiguous: true, points: 3 })
  })

  it.each([1, 2])('survive a reader that dies at its effect %i, before and after it', async (at) => {
    for (const effect of ['lost', 'done'] as const) {
      const platform = createTestPlatform()
      await ship(platform, 0, [line(1), line(2)], 'junk\n')
      await ship(platform, 1, [line(3)])
      const { table: metrics } = crashing({ ...platform, table: platform.metrics }, { at, effect })
      await expect(ingest({ ...platform, metrics })).rejects.toBeInstanceOf(Crash)
      expect(await ingest(platform)).toMatchObject({ next_segment: 2, points: 3, junk_lines: 1, contiguous: true })
      expect((await everything(platform)).series).toMatchObject([{ points: [[1, 1], [2, 2], [3, 3]] }]) // biome-ignore format: one row
    }
  })

  it('of many metrics and steps fit the item limit, and lose nothing', async () => {
    const platform = createTestPlatform()
    const wide = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`layer.${i}.grad_norm`, i]))
    const steps = (from: number, to: number, data?: MetricLine['data']) =>
      Array.from({ length: to - from + 1 }, (_, i) => line(from + i, data))
    await ship(platform, 0, steps(1, 60, wide))
    await ship(platform, 1, steps(61, 510))
    const points = 60 * 1500 + 450
    expect(await ingest(platform)).toMatchObject({ next_segment: 2, last_step: 510, contiguous: true, points })
    const series = await queryMetrics(platform, source.job, {})
    expect(series).toHaveLength(1501)
    expect(series.find(({ name }) => name === 'loss')?.points).toHaveLength(450)
  })

  it('of several parts survive a reader that dies between them', async () => {
    const wide = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`layer.${i}.grad_norm`, i]))
    for (const at of [1, 2, 3]) {
      const platform = createTestPlatform()
      await ship(
        platform,
        0,
        Array.from({ length: 40 }, (_, i) => line(i + 1, wide)),
      )
      const { table: metrics } = crashing({ ...platform, table: platform.metrics }, { at, effect: 'done' })
      await expect(ingest({ ...platform, metrics })).rejects.toBeInstanceOf(Crash)
      expect(await ingest(platform)).toMatchObject({ next_segment: 1, last_step: 40, points: 40 * 3000 })
      const [series] = await queryMetrics(platform, source.job, { names: ['layer.7.grad_norm'] })
      expect(series?.points).toHaveLength(40)
    }
  })

  it('that hold nothing are passed, and not read again', async () => {
    const platform = createTestPlatform()
    await ship(platform, 0, [], 'junk\nmore junk\n')
    await ingest(platform)
    expect(await getCursor(platform.metrics, source)).toMatchObject({ next_segment: 1, junk_lines: 2 })
    await ship(platform, 1, [line(1)])
    expect(await ingest(platform)).toMatchObject({ next_segment: 2, junk_lines: 2, points: 1 })
  })
})

describe('the cursor', () => {
  it('keeps the newest value of a metric that the newest chunk does not hold, whatever its size', async () => {
    const platform = createTestPlatform()
    await ship(platform, 0, [line(1, { loss: 3, eval: 1e300, kl: 'NaN' })])
    await ship(platform, 1, [line(2, { loss: 2 })])
    await ingest(platform)
    expect((await getCursor(platform.metrics, source)).latest).toEqual({ loss: 2, eval: 1e300, kl: 'NaN' })
  })

  it('knows the newest value of each metric', () => {
    const cursor = advance(startCursor, [line(1, { loss: 3, kl: 'NaN' }), line(2, { loss: 2 })], 0)
    expect(cursor).toMatchObject({ latest: { loss: 2, kl: 'NaN' }, first_step: 1, last_step: 2, points: 3 })
  })

  it.each([
    [[1, 2, 3], true],
    [[21, 22], true],
    [[1, 3], false],
    [[1, 1], false],
    [[2, 1], false],
    [[], true],
  ])('sees whether steps %j are without a hole, over segments too', (steps, contiguous) => {
    const lines = steps.map((step) => line(step))
    expect(advance(startCursor, lines, 0).contiguous).toBe(contiguous)
    const inParts = lines.reduce((cursor, each) => advance(cursor, [each], 0), startCursor)
    expect(inParts.contiguous).toBe(contiguous)
  })

  it('does not change the one it starts from', () => {
    const before = structuredClone(startCursor)
    advance(startCursor, [line(1)], 1)
    expect(startCursor).toEqual(before)
  })
})
