import { Cron } from 'croner'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lastRunBetween, nextRuns, type Timing } from '../../../core/schedules/next-runs.ts'
import { formatCron, parseCron } from '../../../schemas/cron.ts'
import { crons } from './crons.ts'

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'America/Santiago',
  'Asia/Beirut',
  'Pacific/Chatham',
  'Atlantic/Azores',
  'Pacific/Apia',
]
const runs = (timing: Timing, after: string, count: number) =>
  [...nextRuns(timing, new Date(after)).take(count)].map((run) => run.toISOString())

function cronerRuns({ cron, timezone }: Timing, after: string, count: number): string[] {
  const job = new Cron(formatCron(parseCron(cron)), { timezone, paused: true })
  return job.nextRuns(count, new Date(after)).map((run) => run.toISOString())
}

/** 2026-01-01 to 2028-01-01, to the second. */
const moments = fc
  .integer({ min: 1_767_225_600, max: 1_830_297_600 })
  .map((seconds) => new Date(seconds * 1000).toISOString())

describe('the next runs', () => {
  it('are those of croner, whatever the expression, the zone and the moment', () => {
    fc.assert(
      fc.property(crons, fc.constantFrom(...zones), moments, (cron, timezone, after) => {
        expect(runs({ cron, timezone }, after, 5)).toEqual(cronerRuns({ cron, timezone }, after, 5))
      }),
      { numRuns: 400 },
    )
  })

  it.each(zones)('are those of croner around every change of the clocks in %s', (timezone) => {
    for (const cron of ['30 2 * * *', '*/30 * * * *', '15 2,3 * * *', '0 0 * * *', '30 0 * * *', '59 23 * * *'])
      for (const after of ['2026-03-27', '2026-04-03', '2026-09-04', '2026-10-02', '2026-10-23', '2026-10-30'])
        expect(runs({ cron, timezone }, `${after}T12:00:00.000Z`, 60)).toEqual(
          cronerRuns({ cron, timezone }, `${after}T12:00:00.000Z`, 60),
        )
  })

  it('go on when a time of day is skipped, and come once when it is repeated', () => {
    const nightly = { cron: '30 2 * * *', timezone: 'Europe/Berlin' }
    expect(runs(nightly, '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'])
    expect(runs(nightly, '2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'])
  })

  it('find a leap day eight years ahead', () => {
    const leap = { cron: '0 0 29 2 *', timezone: 'UTC' }
    expect(runs(leap, '2096-03-01T00:00:00Z', 1)).toEqual(['2104-02-29T00:00:00.000Z'])
  })
})

it('the last run between two moments leaves out the first of them and not the second', () => {
  const hourly = { cron: '0 * * * *', timezone: 'UTC' }
  const between = (after: string, until: string) =>
    lastRunBetween(hourly, new Date(after), new Date(until))?.toISOString()
  expect(between('2026-01-01T00:00:00Z', '2026-01-01T03:00:00Z')).toBe('2026-01-01T03:00:00.000Z')
  expect(between('2026-01-01T00:00:00Z', '2026-01-01T02:59:59Z')).toBe('2026-01-01T02:00:00.000Z')
  expect(between('2026-01-01T00:00:00Z', '2026-01-01T00:59:59Z')).toBeUndefined()
})
