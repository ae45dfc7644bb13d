import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Columns } from '../../../core/metrics/columns.ts'
import { ingestSegments, segmentKey } from '../../../core/metrics/ingest-segments.ts'
import { getCursor, lastChunkPlace, listNames, readChunksAfter } from '../../../core/metrics/metric-store.ts'
import { getSourceHead } from '../../../core/metrics/source-head.ts'
import { Fault } from '../../../core/platform/fault.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import type { MetricLine } from '../../../schemas/trainer-contract.ts'
import { dyingPlatform } from '../../faults/dying-platform.ts'
import { Crash } from '../support/crashing.ts'
import { metricLines } from '../support/metric-lines.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'
import { rowsOf, watched } from './ingested.ts'

const source = { job: 'job-00000000000000000001', stage: 0, attempt: 1 }
const folder = 'jobs/j/stages/0-grpo/attempts/1/metrics/'
const ts = '2026-01-01T00:00:00.000Z'
const line = (step: number, data: object = { loss: step }) => ({ step, ts, data })
const text = (lines: object[]) => lines.map((each) => `${JSON.stringify(each)}\n`).join('')

const ship = (platform: TestPlatform, segment: number, lines: object[], junk = '') =>
  platform.blobs.put(segmentKey(folder, segment), text(lines) + junk, 'any')
const ingest = (platform: Pick<Platform, 'metrics' | 'blobs'>) =>
  ingestSegments(platform, source, folder, { open: watched().open })

/** All that is stored, to the byte. */
async function everything({ metrics }: TestPlatform) {
  const { items } = await metrics.query({ pk: `JOB#${source.job}`, limit: 1000 })
  return items.map(({ sk, data, bytes }) => [sk, JSON.stringify(data), Buffer.from(bytes ?? []).toString('hex')])
}

const wide = (count: number, step = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`layer.${i}.norm`, i + step]))

describe('segments', () => {
  it('give the same bytes however their arrivals, hints and readers interleave', async () => {
    const segments = fc.array(metricLines({ maxLength: 4 }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(segments, fc.scheduler(), fc.nat(), async (shipped, scheduler, seed) => {
        const junk = (i: number) => (i % 2 === 0 ? '{"step":\nnonsense\n' : '')
        const straight = createTestPlatform()
        for (const [i, lines] of shipped.entries()) await ship(straight, i, lines, junk(i))
        await ingest(straight)

        const platform = createTestPlatform()
        const order = shipped.map((_, i) => i).sort((a, b) => ((a * 7 + seed) % 5) - ((b * 7 + seed) % 5))
        const arrivals = order.map((i) =>
          scheduler.schedule(Promise.resolve(i)).then(() => ship(platform, i, shipped[i] ?? [], junk(i))),
        )
        const hints = [1, 2, 3].map((i) => scheduler.schedule(Promise.resolve(i)).then(() => ingest(platform)))
        await scheduler.waitFor(Promise.all([...arrivals, ...hints]))
        const [cursor] = await Promise.all([ingest(platform), ingest(platform)])
        expect(await everything(platform)).toEqual(await everything(straight))
        expect(cursor).toEqual(await getCursor(straight.metrics, source))
      }),
      { numRuns: 25 },
    )
  })

  it('give the same points, names and observations wherever they are cut', async () => {
    const lines = metricLines({ maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(lines, fc.array(fc.nat(20), { maxLength: 6 }), async (all, cuts) => {
        const borders = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length]
        const [whole, cut] = [createTestPlatform(), createTestPlatform()]
        await ship(whole, 0, all)
        const [one, many] = [watched(), watched()]
        const expected = await ingestSegments(whole, source, folder, { open: one.open })
        for (const [i, from] of borders.slice(0, -1).entries()) {
          await ship(cut, i, all.slice(from, borders[i + 1]))
          // A reader of its own for each: nothing may be kept but what is stored.
          await ingestSegments(cut, source, folder, { open: many.open })
        }
        expect(await getCursor(cut.metrics, source)).toEqual({ ...expected, next_segment: borders.length - 1 })
        expect(await rowsOf(cut.metrics, source.job)).toEqual(await rowsOf(whole.metrics, source.job))
        expect(await listNames(cut.metrics, source)).toEqual(await listNames(whole.metrics, source))
        expect(many.rows).toEqual(one.rows)
        expect(many.states.at(-1)).toEqual(one.states.at(-1))
      }),
      { numRuns: 60 },
    )
  })

  it('hold what the lines say, to the bit', async () => {
    await fc.assert(
      fc.asyncProperty(metricLines(), async (lines) => {
        const platform = createTestPlatform()
        await ship(platform, 0, lines)
        await ingestSegments(platform, source, folder)
        const native = new Map((await listNames(platform.metrics, source)).map((each) => [each.name, each.native]))
        const rows = (await rowsOf(platform.metrics, source.job)).map(({ step, data }) => {
          return { step, data: new Map(Object.entries(data).map(([name, value]) => [native.get(name), value])) }
        })
        const wire: Record<string, number> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity }
        const number = (value: MetricLine['data'][string]) => (typeof value === 'string' ? wire[value] : value)
        const said = lines.map(({ step, data }) => {
          return {
            step,
            data: new Map(
              Object.entries(data).map(([name, value]) => [name, number(JSON.parse(JSON.stringify(value)))]),
            ),
          }
        })
        expect(rows).toEqual(said)
      }),
      { numRuns: 60 },
    )
  })

  it('are read up to the first that is missing, and on when it arrives', async () => {
    const platform = createTestPlatform()
    await ship(platform, 0, [line(1)])
    await ship(platform, 2, [line(3)])
    expect(await ingest(platform)).toMatchObject({ next_segment: 1, last_step: 1 })
    await ship(platform, 1, [line(2)])
    expect(await ingestSegments(platform, source, folder, { last: 1 })).toMatchObject({ next_segment: 2 })
    expect(await ingest(platform)).toMatchObject({ next_segment: 3, last_step: 3, contiguous: true, points: 3 })
    expect(await getSourceHead(platform.metrics, source)).toMatchObject({ algorithm: 'grpo', planned_steps: 0 })
  })

  it('survive a reader that dies at any effect, before and after it', async () => {
    const filled = async () => {
      const platform = createTestPlatform()
      const rows = Array.from({ length: 80 }, (_, i) => line(i + 1, wide(500, i)))
      await ship(platform, 0, rows, 'junk\n')
      await ship(platform, 1, [line(81, { x: null }), line(82, { kl: 1, num_tokens: 5, x: 1 })], 'junk\n')
      await ship(platform, 2, [line(82, wide(1100))])
      return platform
    }
    const straight = await filled()
    await ingest(straight)
    const expected = await everything(straight)
    for (let at = 1; ; at++) {
      for (const effect of ['lost', 'done'] as const) {
        const platform = await filled()
        const dying = dyingPlatform(platform, { at, effect })
        const result = await ingest(dying.platform).catch((error: unknown) => error)
        if (!dying.died()) {
          expect(at).toBeGreaterThan(10)
          return
        }
        expect(result).toBeInstanceOf(Crash)
        await ingest(platform)
        expect(await everything(platform)).toEqual(expected)
      }
    }
  })

  it('of many metrics and steps fit the item limit, and lose nothing', async () => {
    const platform = createTestPlatform()
    const rows = Array.from({ length: 60 }, (_, i) =>
      line(i + 1, Object.fromEntries(Object.entries(wide(1000)).map(([name, value]) => [name, Math.sin(value + i)]))),
    )
    await ship(platform, 0, rows)
    await ship(
      platform,
      1,
      Array.from({ length: 4500 }, (_, i) => line(i + 61, { 'layer.1.norm': i })),
    )
    const points = 60 * 1000 + 4500
    expect(await ingest(platform)).toMatchObject({
      next_segment: 2,
      last_step: 4560,
      contiguous: true,
      points,
      rows: 4560,
    })
    const stored = await rowsOf(platform.metrics, source.job)
    expect(stored).toHaveLength(4560)
    expect(stored[59]?.data['layer.999.norm']).toBe(Math.sin(999 + 59))
    const parts = (await everything(platform)).flatMap(([sk]) => (sk?.startsWith('M#') ? sk.slice(11) : []))
    expect(parts).toEqual(['00000000#0000', '00000000#0001', '00000001#0000', '00000001#0001', '00000001#0002'])
  })

  it('of any size are read as a stream: each part is stored before much more is read', async () => {
    const platform = createTestPlatform()
    const lines = Buffer.from(text(Array.from({ length: 500 }, (_, i) => line(i, wide(20)))))
    let [read, parts, most] = [0, 0, 0]
    const blobs = {
      ...platform.blobs,
      read: async function* (key: string) {
        if (key !== segmentKey(folder, 0)) throw new Fault('not_found', key)
        for (let i = 0; i < 40; i++) {
          read += 500
          yield lines
        }
      },
    }
    const open = async () => ({
      async observe(rows: Columns) {
        parts += rows.steps.length
        most = Math.max(most, read - parts)
      },
      state: () => new Uint8Array(),
    })
    expect(await ingestSegments({ metrics: platform.metrics, blobs }, source, folder, { open })).toMatchObject({
      rows: 20_000,
    })
    expect(most).toBeLessThanOrEqual(2000)
  })

  it('of rows that share no metric still fit', async () => {
    const platform = createTestPlatform()
    const rows = Array.from({ length: 3000 }, (_, i) => line(i, { [`only.${(i * 7919) % 1000}`]: Math.sin(i) }))
    await ship(platform, 0, rows)
    expect(await ingest(platform)).toMatchObject({ rows: 3000, points: 3000, names: 1000 })
    expect(await rowsOf(platform.metrics, source.job)).toHaveLength(3000)
  })

  it('that hold nothing are passed, and not read again', async () => {
    const platform = createTestPlatform()
    await ship(platform, 0, [], 'junk\nmore junk\n')
    await ship(platform, 1, [])
    await ingest(platform)
    expect(await getCursor(platform.metrics, source)).toMatchObject({ next_segment: 2, junk_lines: 2, rows: 0 })
    await ship(platform, 2, [line(1)])
    expect(await ingest(platform)).toMatchObject({ next_segment: 3, junk_lines: 2, points: 1 })
  })

  it('say since where there is news', async () => {
    const platform = createTestPlatform()
    expect(await lastChunkPlace(platform.metrics, source.job)).toBeUndefined()
    await ship(platform, 0, [line(1)])
    await ingest(platform)
    const place = await lastChunkPlace(platform.metrics, source.job)
    expect(place).toBe('000#0001#00000000#0000')
    await ship(platform, 1, [line(2)])
    await ingest(platform)
    const news = await Array.fromAsync(readChunksAfter(platform.metrics, source.job, place))
    expect(news.map(({ segment, part, chunk }) => [segment, part, [...chunk.steps]])).toEqual([[1, 0, [2]]])
  })
})

it('a chunk in a form that this version does not know is named, not read as something else', async () => {
  const platform = createTestPlatform()
  await ship(platform, 0, [line(1)])
  await ingest(platform)
  const { items } = await platform.metrics.query({ pk: `JOB#${source.job}`, sk: { prefix: 'M#' } })
  for (const bytes of [Uint8Array.of(1, 1, 2), Uint8Array.of(2, 0, 9), Uint8Array.of(2, 1, 9), new Uint8Array()]) {
    await platform.metrics.put({ ...(items[0] as NonNullable<(typeof items)[0]>), bytes }, 'any')
    const fault = {
      code: 'corrupt',
      message: expect.stringContaining(`metrics chunk JOB#${source.job} / M#000#0001#00000000#0000 cannot be read`),
    }
    await expect(rowsOf(platform.metrics, source.job)).rejects.toMatchObject(fault)
    await expect(getCursor(platform.metrics, source)).rejects.toMatchObject(fault)
  }
})

it('what is stored ends when it is told to, names later', async () => {
  const platform = createTestPlatform()
  await ship(platform, 0, [line(1)], 'junk\n')
  await ingestSegments(platform, source, folder, { expiresAt: 4_000_000_000 })
  const { items } = await platform.metrics.query({ pk: `JOB#${source.job}` })
  expect(items.map(({ sk, expiresAt }) => [sk.slice(0, 1), expiresAt])).toEqual([
    ['D', 4_000_000_000 + 60 * 86_400],
    ['J', 4_000_000_000],
    ['M', 4_000_000_000],
    ['S', undefined],
  ])
})
