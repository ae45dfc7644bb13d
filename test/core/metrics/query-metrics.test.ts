import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { queryMetrics } from '../../../core/metrics/query-metrics.ts'
import { MetricsAnswer } from '../../../schemas/metrics.ts'
import { createTestPlatform } from '../support/test-platform.ts'
import { job, line, log, loggedAttempts, readerOf } from './logged.ts'
import { naiveRows, naiveSeries, naiveStage } from './naive-series.ts'

describe('a step that several attempts logged', () => {
  it('belongs to the last of them from its first step on, and what that one did not log is hidden', async () => {
    const platform = createTestPlatform()
    await log(platform, {
      stage: 0,
      attempt: 1,
      segments: [[1, 2, 3, 4].map((step) => line(step, { a: step, b: -step }))],
    })
    await log(platform, { stage: 0, attempt: 2, segments: [[line(2, { a: 20 }), line(3, { a: 30, b: 'NaN' })]] })
    const { series } = await queryMetrics(readerOf(platform), job, {})
    expect(series.map(({ name, points }) => [name, points])).toEqual([
      ['a', [[1, 1], [2, 20], [3, 30]]], // biome-ignore format: one row
      ['b', [[1, -1], [3, 'NaN']]], // biome-ignore format: one row
    ])
    const old = await queryMetrics(readerOf(platform), job, { stage: 0, attempt: 1, names: 'a' })
    expect(old.series[0]?.points).toEqual([[1, 1], [2, 2], [3, 3], [4, 4]]) // biome-ignore format: one row
  })

  it('stays with an older attempt while the newer one logged nothing', async () => {
    const platform = createTestPlatform()
    await log(platform, { stage: 0, attempt: 1, segments: [[line(1), line(2)]] })
    await log(platform, { stage: 0, attempt: 2, segments: [[]] })
    const { series } = await queryMetrics(readerOf(platform), job, {})
    expect(series[0]?.points).toEqual([[1, 1], [2, 2]]) // biome-ignore format: one row
  })
})

it('rows are merged by step as a slow and simple model merges them, whatever was logged in which segments', async () => {
  await fc.assert(
    fc.asyncProperty(loggedAttempts, async (attempts) => {
      const platform = createTestPlatform()
      for (const attempt of attempts) await log(platform, attempt)
      const reader = readerOf(platform)
      const { series } = await queryMetrics(reader, job, { times: true })
      expect(series.map(({ unit: _, ...rest }) => rest)).toEqual(naiveSeries(attempts))
      for (const { stage } of attempts) {
        const view = await reader.stage(job, stage)
        const rows = naiveStage(attempts, stage)
        expect([...(view?.steps ?? [])]).toEqual(rows.map(({ step }) => step))
        expect(rows.map((_, row) => view?.attemptAt(row))).toEqual(rows.map(({ attempt }) => attempt))
      }
      const [first] = attempts
      if (!first) return
      const branch = await reader.stage(job, first.stage, first.attempt)
      expect([...(branch?.steps ?? [])]).toEqual(naiveRows(first).map(({ step }) => step))
    }),
    { numRuns: 60 },
  )
})

describe('a query', () => {
  const platform = async () => {
    const filled = createTestPlatform()
    const steps = [line(1, { loss: 1, zz: 1, kl: 4 }), line(2, { loss: 2 }), line(3, { loss: '-Infinity', aa: 5 })]
    await log(filled, { stage: 0, attempt: 1, segments: [steps] })
    await log(filled, { stage: 1, attempt: 1, segments: [[line(1, { loss: 10 })]] })
    return readerOf(filled)
  }

  it('gives series by stage, canonical metrics first in their order, with units', async () => {
    const answer = await queryMetrics(await platform(), job, {})
    expect(answer.series.map(({ stage, name, unit }) => [stage, name, unit])).toEqual([
      [0, 'total_loss', ''],
      [0, 'kl_ref', 'nats'],
      [0, 'aa', ''],
      [0, 'zz', ''],
      [1, 'total_loss', ''],
    ])
    expect(MetricsAnswer.parse(answer)).toEqual(answer)
  })

  it.each([
    ['total_loss', ['total_loss']],
    ['loss', ['total_loss']],
    ['kl_divergence', ['kl_ref']],
    ['kl,kl_ref, zz', ['kl_ref', 'zz']],
    ['constructor', []],
    ['toString', []],
    ['', []],
  ])('finds "%s" by its canonical name, its alias or the name that was logged', async (names, found) => {
    const { series } = await queryMetrics(await platform(), job, { names, stage: 0 })
    expect(series.map(({ name }) => name)).toEqual(found)
  })

  it('takes a window of steps or times, ends included', async () => {
    const reader = await platform()
    const bySteps = await queryMetrics(reader, job, { names: 'loss', stage: 0, start_step: 2, end_step: 3 })
    expect(bySteps.series[0]?.points).toEqual([[2, 2], [3, '-Infinity']]) // biome-ignore format: one row
    const query = { names: 'loss', stage: 0, times: true, start_time: line(2).ts, end_time: line(2).ts }
    const byTimes = await queryMetrics(reader, job, query)
    expect(byTimes.series).toMatchObject([{ points: [[2, 2]], times: [Date.parse(line(2).ts)] }])
  })

  it('finds nothing where nothing is', async () => {
    const reader = await platform()
    for (const query of [{ stage: 7 }, { start_step: 4 }, { stage: 0, attempt: 9 }, { names: 'zz', start_step: 2 }])
      expect((await queryMetrics(reader, job, query)).series).toEqual([])
    expect(await queryMetrics(reader, 'job-other', {})).toEqual({ series: [], next: null })
  })

  it('that is wrong is refused with everything that is wrong in it', async () => {
    const query = { attempt: 1, start_step: 3, end_step: 2, buckets: 0, after: '!', start_time: 'x' }
    await expect(queryMetrics(await platform(), job, query)).rejects.toMatchObject({
      code: 'invalid',
      errors: [
        { pointer: '/attempt', message: 'attempt 1 is asked for without a stage' },
        { pointer: '/start_step' },
        { pointer: '/start_time' },
        { pointer: '/buckets' },
        { pointer: '/after' },
      ],
    })
  })

  it('for more points than fit an answer says how many there are and what to do', async () => {
    const reader = await platform()
    await expect(queryMetrics(reader, job, {}, 6)).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringMatching(/^7 points .* at most 6 .* buckets, a range of steps .* export/),
    })
    expect((await queryMetrics(reader, job, {}, 7)).series).toHaveLength(5)
    expect((await queryMetrics(reader, job, { buckets: 2 }, 6)).series).toHaveLength(5)
  })
})

it('a chunk in a form that this version does not know is named, not read as something else', async () => {
  const platform = createTestPlatform()
  await log(platform, { stage: 0, attempt: 1, segments: [[line(1)]] })
  const { items } = await platform.metrics.query({ pk: `JOB#${job}`, sk: { prefix: 'M#' } })
  const [chunk] = items
  for (const bytes of [Uint8Array.of(99, 1, 2), Uint8Array.of(1, 2, 3), new Uint8Array()]) {
    await platform.metrics.put({ ...(chunk as NonNullable<typeof chunk>), bytes }, 'any')
    await expect(queryMetrics(readerOf(platform), job, {})).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('M#000#0001#00000000#0000'),
    })
  }
})
