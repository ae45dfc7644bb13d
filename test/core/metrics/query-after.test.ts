import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lastChunkPlace } from '../../../core/metrics/metric-store.ts'
import { metricsEtag, queryMetrics } from '../../../core/metrics/query-metrics.ts'
import { createTestPlatform } from '../support/test-platform.ts'
import { job, line, log, loggedAttempts, readerOf } from './logged.ts'

type Series = Awaited<ReturnType<typeof queryMetrics>>['series']

/** What a client has that puts each answer over what it knew. */
function createUnion() {
  const known = new Map<string, Map<number, [unknown, unknown]>>()
  return {
    add(series: Series) {
      for (const { stage, name, points, times } of series) {
        const own = known.get(`${stage} ${name}`) ?? new Map()
        known.set(`${stage} ${name}`, own)
        points.forEach(([step, value], i) => {
          own.set(step, [value, times?.[i]])
        })
      }
    },
    all: () => [...known].map(([key, points]) => [key, [...points].sort(([a], [b]) => a - b)]).sort(),
  }
}

describe('answers behind a position', () => {
  it('together are the whole answer, whatever is stored between them', async () => {
    await fc.assert(
      fc.asyncProperty(loggedAttempts, fc.boolean(), async (attempts, isCold) => {
        const platform = createTestPlatform()
        const warm = readerOf(platform)
        for (const attempt of attempts) {
          const { stage, segments } = attempt
          const union = createUnion()
          let after: string | undefined
          for (const [i, segment] of segments.entries()) {
            await log(platform, { ...attempt, segments: [segment] }, i)
            const reader = isCold ? readerOf(platform) : warm
            const query = { stage, attempt: attempt.attempt, times: true, ...(after && { after }) }
            const { series, next } = await queryMetrics(reader, job, query)
            union.add(series)
            after = next ?? undefined
          }
          const whole = createUnion()
          whole.add((await queryMetrics(warm, job, { stage, attempt: attempt.attempt, times: true })).series)
          expect(union.all()).toEqual(whole.all())
        }
      }),
      { numRuns: 20 },
    )
  })

  it('have nothing while nothing is stored, and always the next position', async () => {
    const platform = createTestPlatform()
    const reader = readerOf(platform)
    expect(await queryMetrics(reader, job, {})).toEqual({ series: [], next: null })
    await log(platform, { stage: 0, attempt: 1, segments: [[line(1)], [line(2)]] })
    const { next } = await queryMetrics(reader, job, {})
    expect(await queryMetrics(reader, job, { after: next as string })).toEqual({ series: [], next })
  })

  it('have late segments of an older attempt and of an older stage, and the branch that a resume began', async () => {
    const platform = createTestPlatform()
    const reader = readerOf(platform)
    await log(platform, { stage: 0, attempt: 1, segments: [[line(1)]] })
    await log(platform, { stage: 1, attempt: 1, segments: [[line(1)]] })
    const { next } = await queryMetrics(reader, job, {})
    await log(platform, { stage: 0, attempt: 1, segments: [[line(2), line(3)]] }, 1)
    await log(platform, { stage: 0, attempt: 2, segments: [[line(3, { m: 30 })]] })
    const { series } = await queryMetrics(reader, job, { after: next as string })
    expect(series).toMatchObject([{ stage: 0, points: [[2, 2], [3, 30]] }]) // biome-ignore format: one row
  })

  it('take the place of a chunk, as streams name it, for everything up to it', async () => {
    const platform = createTestPlatform()
    await log(platform, { stage: 0, attempt: 1, segments: [[line(1)], [line(2)]] })
    await log(platform, { stage: 1, attempt: 1, segments: [[line(1)]] })
    const place = '000#0001#00000000#0000'
    const { series } = await queryMetrics(readerOf(platform), job, { after: place })
    expect(series).toMatchObject([
      { stage: 0, points: [[2, 2]] },
      { stage: 1, points: [[1, 1]] },
    ])
    const last = await lastChunkPlace(platform.metrics, job)
    expect((await queryMetrics(readerOf(platform), job, { after: last as string })).series).toEqual([])
  })
})

describe('the entity tag', () => {
  it('is the same while nothing is stored, and another for another query or any new chunk', async () => {
    const platform = createTestPlatform()
    const reader = readerOf(platform)
    await log(platform, { stage: 0, attempt: 1, segments: [[line(1)]] })
    await log(platform, { stage: 0, attempt: 2, segments: [[line(2)]] })
    const tag = await metricsEtag(reader, job, { names: 'm' })
    expect(await metricsEtag(readerOf(platform), job, { names: 'm' })).toBe(tag)
    expect(await metricsEtag(reader, job, { names: 'n' })).not.toBe(tag)
    await log(platform, { stage: 0, attempt: 1, segments: [[line(3)]] }, 1)
    expect(await metricsEtag(reader, job, { names: 'm' })).not.toBe(tag)
  })
})
