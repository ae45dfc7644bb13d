import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listBranches } from '../../../core/metrics/branches.ts'
import { compactAttempt } from '../../../core/metrics/compact-attempt.ts'
import { listOpen, markOpen } from '../../../core/metrics/compact-marker.ts'
import { getRecord } from '../../../core/metrics/compact-record.ts'
import { compactSegments } from '../../../core/metrics/compact-segments.ts'
import { getCursor } from '../../../core/metrics/metric-store.ts'
import { queryMetrics } from '../../../core/metrics/query-metrics.ts'
import { rollUp } from '../../../core/metrics/roll-up.ts'
import { queryAll, queryBlobs } from '../../../core/platform/paging.ts'
import { dyingPlatform } from '../../faults/dying-platform.ts'
import { Crash } from '../support/crashing.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'
import { folderOf, job, line, log, loggedAttempts, readerOf } from './logged.ts'

const source = { job, stage: 0, attempt: 1 }
const folder = folderOf(source)
const compact = (platform: Pick<TestPlatform, 'metrics' | 'blobs'>) => compactAttempt(platform, source, folder)

const objectsOf = async (platform: TestPlatform) => {
  const blobs = await Array.fromAsync(queryBlobs(platform.blobs, 'jobs/'))
  return blobs.map(({ key }) => key).filter((key) => key.endsWith('.columns'))
}

/** As when they have expired. */
async function dropChunks(platform: TestPlatform, segments = '') {
  const sk = { prefix: segments === '' ? 'M#' : `M#000#0001#${segments}` }
  for (const item of await Array.fromAsync(queryAll(platform.metrics, { pk: `JOB#${job}`, sk })))
    await platform.metrics.delete(item, 'any')
}

/** Raw and in buckets, of the view and of each branch. */
async function everything(platform: TestPlatform) {
  const reader = readerOf(platform)
  const attempts = (await reader.positions(job)).map(({ stage, attempt }) => ({ stage, attempt }))
  return Promise.all(
    [{}, ...attempts].flatMap((which) => [
      queryMetrics(reader, job, { ...which, times: true }),
      queryMetrics(reader, job, { ...which, buckets: 7 }),
      queryMetrics(reader, job, { ...which, buckets: 5, start_step: 3, end_step: 30 }),
    ]),
  )
}

const segments = (from: number, count: number) => Array.from({ length: count }, (_, i) => [line(from + i)])

describe('a compacted attempt', () => {
  it('answers as its chunks did, bit by bit, and also when they have expired', async () => {
    await fc.assert(
      fc.asyncProperty(loggedAttempts, fc.nat({ max: 3 }), async (attempts, blocks) => {
        const platform = createTestPlatform()
        for (const attempt of attempts) {
          const own = { job, stage: attempt.stage, attempt: attempt.attempt }
          for (const [i, segment] of attempt.segments.entries()) {
            await log(platform, { ...attempt, segments: [segment] }, i)
            if (i >= blocks) continue
            const record = await getRecord(platform.metrics, own)
            const cursor = await getCursor(platform.metrics, own)
            const keep = record?.objects.length ?? 0
            await compactSegments(platform, own, folderOf(own), { cursor, record, keep, done: false })
          }
        }
        const fromChunks = createTestPlatform()
        for (const attempt of attempts) await log(fromChunks, attempt)
        const expected = await everything(fromChunks)
        expect(await everything(platform)).toEqual(expected)
        for (const { stage, attempt } of attempts)
          await compactAttempt(platform, { job, stage, attempt }, folderOf({ stage, attempt }))
        expect(await everything(platform)).toEqual(expected)
        await dropChunks(platform)
        expect(await everything(platform)).toEqual(expected)
      }),
      { numRuns: 20 },
    )
  })

  it('is one object beside the folder of the segments, whoever compacts it how often', async () => {
    const platform = createTestPlatform()
    await log(platform, { ...source, segments: segments(1, 5) })
    await markOpen(platform.metrics, source)
    await markOpen(platform.metrics, source)
    expect(await Array.fromAsync(listOpen(platform.metrics))).toEqual([source])
    await Promise.all([compact(platform), compact(platform), compact(platform)])
    await compact(platform)
    expect(await objectsOf(platform)).toEqual(['jobs/j/stages/0/attempts/1/metrics-00000000-00000004.columns'])
    expect(await getRecord(platform.metrics, source)).toMatchObject({ done: true, cursor: { points: 5 } })
    expect(await Array.fromAsync(listOpen(platform.metrics))).toEqual([])
  })

  it('is never trusted before it is recorded', async () => {
    const platform = createTestPlatform()
    await log(platform, { ...source, segments: segments(1, 2) })
    await platform.blobs.put('jobs/j/stages/0/attempts/1/metrics-00000000-00000001.columns', 'half', 'absent')
    const { series } = await queryMetrics(readerOf(platform), job, {})
    expect(series[0]?.points).toHaveLength(2)
  })

  it('gives segments that come later on top, and a larger object at the next compaction', async () => {
    const platform = createTestPlatform()
    const reader = readerOf(platform)
    await log(platform, { ...source, segments: segments(1, 3) })
    await compact(platform)
    const { next } = await queryMetrics(reader, job, {})
    await log(platform, { ...source, segments: [[line(3, { m: 33, n: 1 }), line(4)]] }, 3)
    for (const each of [reader, readerOf(platform)]) {
      const { series } = await queryMetrics(each, job, {})
      expect(series).toMatchObject([{ points: [[1, 1], [2, 2], [3, 33], [4, 4]] }, { points: [[3, 1]] }]) // biome-ignore format: one row
    }
    expect((await listBranches(reader, job))[0]).toMatchObject({ compacted: false, rows: 5, segments: 4 })
    await compact(platform)
    await dropChunks(platform)
    const cold = readerOf(platform)
    expect((await queryMetrics(cold, job, { names: 'm' })).series[0]?.points).toHaveLength(4)
    // What was seen has expired: everything again, rather than a gap.
    expect((await queryMetrics(cold, job, { names: 'm', after: next as string })).series[0]?.points).toHaveLength(4)
    expect(await listBranches(cold, job)).toMatchObject([
      {
        compacted: true,
        points: 6,
        segments: 4,
        first_step: 1,
        last_step: 4,
        wins: { from: 1, to: 4 },
        backward_steps: 0,
      },
    ])
  })

  it('gives all of it behind a position whose chunk has expired, although others have not', async () => {
    const platform = createTestPlatform()
    await log(platform, { ...source, segments: segments(1, 4) })
    await compact(platform)
    for (const segment of ['00000000', '00000001']) await dropChunks(platform, segment)
    const after = '000#0001#00000000#0000'
    expect((await queryMetrics(readerOf(platform), job, { after })).series[0]?.points).toHaveLength(4)
  })

  it('is read by a reader that was behind it when the chunks between have expired', async () => {
    const platform = createTestPlatform()
    const reader = readerOf(platform)
    await log(platform, { ...source, segments: segments(1, 1) })
    await queryMetrics(reader, job, {})
    await log(platform, { ...source, segments: segments(2, 3) }, 1)
    await compact(platform)
    await dropChunks(platform)
    expect((await queryMetrics(reader, job, {})).series[0]?.points).toHaveLength(4)
  })

  it('stays when a slower compaction of fewer segments ends behind it', async () => {
    const platform = createTestPlatform()
    await log(platform, { ...source, segments: segments(1, 2) })
    const cursor = await getCursor(platform.metrics, source)
    await log(platform, { ...source, segments: segments(3, 1) }, 2)
    await compact(platform)
    await compactSegments(platform, source, folder, { cursor, record: undefined, keep: 0, done: true })
    expect(await getRecord(platform.metrics, source)).toMatchObject({ objects: [{ last_segment: 2 }] })
  })

  it('whose object is cut off or gone is named', async () => {
    const platform = createTestPlatform()
    await log(platform, { ...source, segments: segments(1, 2) })
    await compact(platform)
    const [key] = (await objectsOf(platform)) as [string]
    const whole = (await platform.blobs.get(key)) as Uint8Array
    for (const bytes of [whole.slice(0, 20), new Uint8Array(whole.length)]) {
      await platform.blobs.put(key, bytes, 'any')
      await expect(queryMetrics(readerOf(platform), job, {})).rejects.toMatchObject({
        code: 'corrupt',
        message: expect.stringContaining(key),
      })
    }
  })
})

describe('a compaction that dies', () => {
  it.each(['lost', 'done'] as const)(
    'at any effect (%s) changes no answer, and the next one ends it',
    async (effect) => {
      for (let at = 1; ; at++) {
        const platform = createTestPlatform()
        await log(platform, { ...source, segments: segments(1, 4) })
        await markOpen(platform.metrics, source)
        const before = await everything(platform)
        const dying = dyingPlatform(platform, { at, effect })
        const died = await compact(dying.platform).then(
          () => false,
          (error) => error instanceof Crash || Promise.reject(error),
        )
        expect(await everything(platform)).toEqual(before)
        if (at <= 3) expect(died).toBe(true)
        if (died) {
          if (effect === 'lost' || at < 3) expect(await Array.fromAsync(listOpen(platform.metrics))).toEqual([source])
          await compact(platform)
        }
        expect(await everything(platform)).toEqual(before)
        expect(await Array.fromAsync(listOpen(platform.metrics))).toEqual([])
        expect(await objectsOf(platform)).toHaveLength(1)
        expect(await getRecord(platform.metrics, source)).toMatchObject({ done: true })
        if (!died) break
      }
    },
  )
})

describe('a long tail of chunks', () => {
  it('is rolled up into an object when it has more than 256 segments, and the last compaction takes all', async () => {
    const platform = createTestPlatform()
    await log(platform, { ...source, segments: segments(1, 256) })
    await rollUp(platform, source, folder)
    expect(await getRecord(platform.metrics, source)).toBeUndefined()
    await log(platform, { ...source, segments: segments(257, 1) }, 256)
    await rollUp(platform, source, folder)
    await rollUp(platform, source, folder)
    expect(await getRecord(platform.metrics, source)).toMatchObject({ done: false, objects: [{ last_segment: 256 }] })
    await log(platform, { ...source, segments: segments(258, 3) }, 257)
    expect((await queryMetrics(readerOf(platform), job, {})).series[0]?.points).toHaveLength(260)
    await compact(platform)
    await dropChunks(platform)
    const record = await getRecord(platform.metrics, source)
    expect(record).toMatchObject({ done: true, objects: [{ first_segment: 0, last_segment: 259 }] })
    expect((await queryMetrics(readerOf(platform), job, {})).series[0]?.points).toHaveLength(260)
  })

  it('is rolled up when it is older than a week, and many objects become one', async () => {
    const platform = createTestPlatform()
    const dayMs = 86_400_000
    const objects = async () => (await getRecord(platform.metrics, source))?.objects.length ?? 0
    for (let week = 0; week < 10; week++) {
      const row = line(week, { m: week }, (8 * week * dayMs) / 1000)
      await log(platform, { ...source, segments: [[row]] }, week)
      const at = Date.parse(row.ts)
      if (week === 0) await rollUp(platform, source, folder, { now: new Date(at + 6 * dayMs) })
      if (week === 0) expect(await objects()).toBe(0)
      await rollUp(platform, source, folder, { now: new Date(at + 8 * dayMs) })
      await rollUp(platform, source, folder, { now: new Date(at + 8 * dayMs) })
      expect(await objects()).toBe(week < 8 ? week + 1 : week - 7)
      expect((await queryMetrics(readerOf(platform), job, {})).series[0]?.points).toHaveLength(week + 1)
    }
  })
})
