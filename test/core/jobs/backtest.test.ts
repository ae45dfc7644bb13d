import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { createEngine } from '../../../core/diagnostics/engine.ts'
import { backtestPolicy, judgement } from '../../../core/jobs/backtest.ts'
import { type JudgedAttempt, replayRows } from '../../../core/jobs/backtest-attempt.ts'
import { jobDraft } from '../../../core/jobs/job-store.ts'
import type { Columns } from '../../../core/metrics/columns.ts'
import { createSeriesReader } from '../../../core/metrics/series-reader.ts'
import { BacktestReport, BacktestRequest } from '../../../schemas/diagnostics.ts'
import type { Job, JobStatus } from '../../../schemas/job.ts'
import { finding } from '../support/findings.ts'
import { prepareProject } from '../support/project.ts'
import { lines, type StoredAttempt, second, storedJob } from '../support/stored-job.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
beforeEach(async () => {
  platform = createTestPlatform()
  await prepareProject(platform)
  platform.compute.setDefinition({ usdPerHour: 36 })
})

/** kl_ref as it should be, and above every limit from a step on: critical at the fifth such step. */
const kl =
  (explodes = Number.POSITIVE_INFINITY) =>
  (step: number) => ({ kl_ref: step < explodes ? 0.1 : 5 })
const stopsAt = (explodes: number) => explodes + 4

async function tried(jobs: readonly Job[], diagnostics: object = {}): Promise<BacktestReport> {
  const request = BacktestRequest.parse({ jobs: jobs.map(({ id }) => id), diagnostics })
  const report = await backtestPolicy(platform, createSeriesReader(platform), request)
  expect(BacktestReport.parse(report)).toEqual(report)
  return report
}

const job = (status: JobStatus, ...stages: StoredAttempt[][]) => storedJob(platform, stages, { status })

describe('what a policy would have done', () => {
  it.each([
    ['failed', 41, 'saved'],
    ['cancelled', 41, 'saved'],
    ['refused', 41, 'saved'],
    ['succeeded', 41, 'killed'],
    ['succeeded', undefined, 'untouched'],
    ['failed', undefined, 'missed'],
    ['running', 41, 'open'],
    ['running', undefined, 'open'],
  ] as const)('to a job that is %s and explodes at step %s: %s', async (status, explodes, outcome) => {
    const { results, totals } = await tried([await job(status, [{ lines: lines(1, 100, kl(explodes)) }])])
    expect(results).toMatchObject([{ status, outcome, seconds_saved: explodes ? 55 : 0 }])
    expect(results[0]?.would_stop !== null).toBe(explodes !== undefined)
    expect({ ...totals, seconds_saved: 0, seconds_killed: 0 }).toEqual({
      ...{ saved: 0, killed: 0, untouched: 0, missed: 0, open: 0, seconds_saved: 0, seconds_killed: 0 },
      [outcome]: 1,
    })
    expect([totals.seconds_saved, totals.seconds_killed]).toEqual([
      outcome === 'saved' ? 55 : 0,
      outcome === 'killed' ? 55 : 0,
    ])
  })

  it('is told with the very step at which the finding became critical, not the one at which it began', async () => {
    const [result] = (await tried([await job('failed', [{ lines: lines(1, 100, kl(41)) }])])).results
    expect(result?.would_stop).toMatchObject({
      rule: 'kl_explosion',
      stage: 0,
      attempt: 1,
      step: stopsAt(41),
      time: second(44).toISOString(),
    })
    expect(result?.anomalies).toMatchObject([{ rule: 'kl_explosion', severity: 'critical', stops: true }])
    expect(result?.anomalies[0]?.step).toBeLessThan(stopsAt(41))
    expect(result?.health).toMatchObject({ score: 50, critical: 1 })
  })

  it('saves its share of what the job cost', async () => {
    const [result] = (await tried([await job('failed', [{ lines: lines(1, 100, kl(41)) }])])).results
    // 99 s at 36 USD an hour, of which 55 s lie behind the stop.
    expect(result?.usd_saved).toBeCloseTo(0.55, 10)
    platform.compute.setDefinition({ usdPerHour: null })
    const [unpriced] = (await tried([await job('failed', [{ lines: lines(1, 100, kl(41)) }])])).results
    expect(unpriced).toMatchObject({ seconds_saved: 55, usd_saved: null })
  })

  it('counts every later attempt and stage as saved, but not the time between them', async () => {
    const one = { lines: lines(1, 50, kl(41)) }
    const two = { lines: lines(51, 60, kl(), 1000), resumed_from_step: 50 }
    const next = { lines: lines(1, 20, kl(), 5000) }
    const [result] = (await tried([await job('failed', [one, two], [next])])).results
    expect(result?.seconds_saved).toBe(5 + 9 + 19)
  })

  it('lets steps go that a later attempt logged again', async () => {
    const one = { lines: lines(1, 60, kl(41)) }
    const two = { lines: lines(41, 100, kl(), 1000), resumed_from_step: 40 }
    const [result] = (await tried([await job('succeeded', [one, two])])).results
    expect(result).toMatchObject({ outcome: 'untouched', would_stop: null, seconds_saved: 0 })
    expect(result?.anomalies).toMatchObject([{ attempt: 1, severity: 'critical' }])
  })

  it('goes on to the next attempt that counts', async () => {
    const one = { lines: lines(1, 60, kl(41)) }
    const two = { lines: lines(41, 100, kl(71), 1000), resumed_from_step: 40 }
    const [result] = (await tried([await job('failed', [one, two])])).results
    expect(result).toMatchObject({ outcome: 'saved', would_stop: { attempt: 2, step: stopsAt(71) }, seconds_saved: 25 })
    // What the first attempt suffered from is over.
    expect(result?.health).toMatchObject({ score: 50, critical: 1 })
  })

  it('follows the policy that is tried, not the one of the recipe', async () => {
    const stored = await job('failed', [{ lines: lines(1, 100, kl(41)) }])
    const outcome = async (diagnostics: object) => (await tried([stored], diagnostics)).results[0]?.outcome
    expect(await outcome({})).toBe('saved')
    expect(await outcome({ kl_explosion: { threshold: 4 } })).toBe('missed')
    expect(await outcome({ kl_explosion: { enabled: false } })).toBe('missed')
    expect(await outcome({ mode: 'observe' })).toBe('missed')
  })

  it('is not told to a job that diagnostics ended and that it would have let go on: nobody knows how it would have ended', async () => {
    const stored = await job('failed', [{ lines: lines(1, 50, kl(41)) }, { lines: lines(31, 50, kl(41), 100) }])
    const outcome = async (by: number, diagnostics: object = { kl_explosion: { threshold: 9 } }) => {
      const stages = stored.stages.map((stage) => {
        const stopped_by = { anomaly: '0.2.kl_explosion.41', step: 41 }
        return {
          ...stage,
          attempts: stage.attempts.map((each) => (each.number === by ? { ...each, stopped_by } : each)),
        }
      })
      await platform.table.put(jobDraft({ ...stored, stages }), 'any')
      return (await tried([stored], diagnostics)).results[0]?.outcome
    }
    expect(await outcome(2)).toBe('open')
    expect(await outcome(2, {})).toBe('saved')
    // The attempt after it failed by itself.
    expect(await outcome(1)).toBe('missed')
  })

  it('is judged job by job, each once, with totals over all', async () => {
    const bad = await job('failed', [{ lines: lines(1, 100, kl(41)) }])
    const good = await job('succeeded', [{ lines: lines(1, 30, kl()) }])
    const { results, totals } = await tried([bad, good, bad])
    expect(results.map((each) => [each.job, each.outcome])).toEqual([
      [bad.id, 'saved'],
      [good.id, 'untouched'],
    ])
    expect(totals).toMatchObject({ saved: 1, untouched: 1, seconds_saved: 55, seconds_killed: 0 })
  })

  it('of jobs that do not exist is not found, with every one of them', async () => {
    const stored = await job('failed', [{ lines: lines(1, 5, kl()) }])
    const missing = [1, 2].map((i) => ({ ...stored, id: `job-${'0'.repeat(19)}${i}` }))
    await expect(tried([stored, ...missing])).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(/job-0+1 .*job-0+2 /),
    })
  })

  it('says nothing of a job that logged nothing', async () => {
    const [result] = (await tried([await job('refused', [{ lines: [] }], [])])).results
    expect(result).toMatchObject({ outcome: 'missed', anomalies: [], seconds_saved: 0, usd_saved: 0 })
  })

  it('lists the worst findings, however many there are, and counts all in the health', async () => {
    const gaps = (step: number) => ({ ...kl(900)(step), [`odd_${step % 40}`]: step % 25 === 0 ? Number.NaN : 1 })
    const one = { lines: lines(1, 1000, gaps) }
    const [result] = (await tried([await job('failed', [one, { lines: [] }])])).results
    expect(result?.anomalies.length).toBeLessThanOrEqual(20)
    expect(result?.anomalies).toContainEqual(expect.objectContaining({ severity: 'critical', stops: true }))
    const { critical = 0, high = 0, medium = 0, low = 0 } = result?.health ?? {}
    expect(critical + high + medium + low).toBeGreaterThanOrEqual(result?.anomalies.length ?? 0)
  })
})

describe('a judgement', () => {
  const attempt = (change: Partial<JudgedAttempt>): JudgedAttempt => ({
    ...{ stage: 0, attempt: 1, anomalies: [], stop: undefined, counts: true, first_time: 0, last_time: 100_000 },
    ...change,
  })
  const stop = { anomaly: finding({ step: 40 }), step: 45, time: 60_000 }

  it('lists the finding that stops, however many as bad there are', async () => {
    const stored = await job('failed', [{ lines: [] }])
    const many = Array.from({ length: 25 }, (_, i) => finding({ step: i }))
    const { anomalies, health } = judgement(stored, [attempt({ anomalies: [...many, stop.anomaly], stop })], null)
    expect(anomalies.map(({ step }) => step)).toEqual([...Array.from({ length: 20 }, (_, i) => i), 40])
    expect(health.critical).toBe(26)
  })

  it('saves no time by a clock that went back or is not known', async () => {
    const stored = await job('failed', [{ lines: [] }])
    const seconds = (...rest: JudgedAttempt[]) => judgement(stored, [attempt({ stop }), ...rest], 10)
    expect(seconds(attempt({ first_time: 50_000, last_time: 20_000 })).seconds_saved).toBe(40)
    expect(seconds(attempt({ first_time: Number.NaN, last_time: Number.NaN })).seconds_saved).toBe(40)
    const unknown = attempt({ stop: { ...stop, time: Number.NaN }, first_time: Number.NaN, last_time: Number.NaN })
    expect(judgement(stored, [unknown], 10)).toMatchObject({
      seconds_saved: 0,
      usd_saved: 0,
      would_stop: { step: 45, time: null },
    })
  })
})

describe('the row that stops', () => {
  const subject = { stage: 0, attempt: 1, head: { algorithm: 'grpo', planned_steps: 5000, resumed_from_step: 0 } }
  const rowsOf = (values: readonly number[]): Columns => ({
    steps: Float64Array.from(values, (_, i) => i + 1),
    times: Float64Array.from(values, (_, i) => 1000 * i),
    columns: [{ name: 'kl_ref', values: Float64Array.from(values) }],
  })
  const odd = { junk_lines: 0, backward_steps: 0, type_changes: 0, refused_names: { count: 0, examples: [] } }

  /** One row at a time, which is what happens when every row is shipped at once. */
  function live(values: readonly number[]): number | undefined {
    const engine = createEngine(subject)
    return values.findIndex((value, i) => {
      const row = { ...rowsOf([value]), steps: Float64Array.of(i + 1), times: Float64Array.of(1000 * i) }
      return engine.observe(row, odd).some(({ stops }) => stops)
    })
  }

  it.each([1020, 1021, 1023, 1024, 1025])('is the fifth above the limit, from row %i on', (from) => {
    const values = Array.from({ length: 1100 }, (_, i) => (i + 1 < from ? 0.1 : 5))
    expect(replayRows(subject, rowsOf(values)).stop?.step).toBe(stopsAt(from))
  })

  it('is the one at which a live run would have been stopped, wherever batches begin and end', () => {
    const run = fc.record({ value: fc.constantFrom(0.1, 1.2, 1.8, 2.5, 12), length: fc.integer({ min: 1, max: 700 }) })
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 8 }), (runs) => {
        const values = runs.flatMap(({ value, length }) => Array.from({ length }, () => value))
        const step = replayRows(subject, rowsOf(values)).stop?.step ?? 0
        expect(step).toBe((live(values) ?? -1) + 1)
      }),
      { numRuns: 40, seed: 7 },
    )
  })
})
