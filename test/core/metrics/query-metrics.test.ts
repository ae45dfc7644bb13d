import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ingestSegments, segmentKey } from '../../../core/metrics/ingest-segments.ts'
import { queryMetrics } from '../../../core/metrics/query-metrics.ts'
import type { MetricLine } from '../../../schemas/trainer-contract.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const job = 'job-00000000000000000001'
const ts = '2026-01-01T00:00:00.000Z'

async function log(platform: TestPlatform, stage: number, attempt: number, steps: Record<number, MetricLine['data']>) {
  const folder = `jobs/j/${stage}/${attempt}/`
  const lines = Object.entries(steps).map(([step, data]) => JSON.stringify({ step: Number(step), ts, data }))
  await platform.blobs.put(segmentKey(folder, 0), lines.join('\n'), 'any')
  await ingestSegments(platform, { job, stage, attempt }, folder)
}

describe('a step that several attempts logged', () => {
  it('belongs to the highest attempt, and what that one did not log is hidden', async () => {
    const platform = createTestPlatform()
    await log(platform, 0, 1, { 1: { loss: 9, kl: 1 }, 2: { loss: 8, kl: 2 }, 3: { loss: 7, kl: 3 } })
    await log(platform, 0, 2, { 2: { loss: 80 }, 3: { loss: 70, kl: 'NaN' } })
    expect(await queryMetrics(platform, job, {})).toEqual([
      { stage: 0, name: 'kl', points: [[1, 1], [3, 'NaN']] }, // biome-ignore format: one row
      { stage: 0, name: 'loss', points: [[1, 9], [2, 80], [3, 70]] }, // biome-ignore format: one row
    ])
  })

  it('belongs to it whatever was ingested first, attempt 10 after attempt 9', async () => {
    const attempts = fc.shuffledSubarray([1, 2, 9, 10, 11], { minLength: 2 })
    await fc.assert(
      fc.asyncProperty(attempts, async (order) => {
        const platform = createTestPlatform()
        for (const attempt of order) await log(platform, 0, attempt, { 1: { loss: attempt } })
        expect(await queryMetrics(platform, job, {})).toMatchObject([{ points: [[1, Math.max(...order)]] }])
      }),
      { numRuns: 15 },
    )
  })
})

describe('a query', () => {
  const platform = async () => {
    const filled = createTestPlatform()
    await log(filled, 0, 1, { 1: { loss: 1, kl: 1 }, 2: { loss: 2 }, 3: { loss: '-Infinity' } })
    await log(filled, 1, 1, { 1: { loss: 10 } })
    return filled
  }

  it('keeps stages apart', async () => {
    const series = await queryMetrics(await platform(), job, { names: ['loss'] })
    expect(series.map(({ stage, points }) => [stage, points.length])).toEqual([
      [0, 3],
      [1, 1],
    ])
    expect(await queryMetrics(await platform(), job, { stage: 1 })).toMatchObject([{ stage: 1, points: [[1, 10]] }])
  })

  it('takes a window of steps, ends included', async () => {
    const [series] = await queryMetrics(await platform(), job, { names: ['loss'], start_step: 2, end_step: 3 })
    expect(series?.points).toEqual([
      [2, 2],
      [3, '-Infinity'],
    ])
  })

  it('finds nothing where nothing is', async () => {
    expect(await queryMetrics(await platform(), job, { names: ['constructor'] })).toEqual([])
    expect(await queryMetrics(await platform(), 'job-other', {})).toEqual([])
  })
})

it('a chunk in a form that this version does not know is named, not read as something else', async () => {
  const platform = createTestPlatform()
  await log(platform, 0, 1, { 1: { loss: 9 } })
  const [chunk] = (await platform.metrics.query({ pk: `JOB#${job}` })).items
  for (const bytes of [Uint8Array.of(9, 1, 2), Uint8Array.of(1, 2, 3), new Uint8Array()]) {
    await platform.metrics.put({ ...(chunk as NonNullable<typeof chunk>), bytes }, 'any')
    await expect(queryMetrics(platform, job, {})).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining(`metrics chunk JOB#${job} / M#000#0001#00000000#0000 cannot be read`),
    })
  }
})
