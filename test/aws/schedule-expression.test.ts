import { Cron } from 'croner'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { awsCron } from '../../adapters/aws/schedule-expression.ts'
import { formatCron, parseCron } from '../../schemas/cron.ts'
import { crons } from '../core/schedules/crons.ts'

it.each([
  ['0 2 * * *', 'cron(0 2 * * ? *)'],
  ['*/15 * * * *', 'cron(0,15,30,45 * * * ? *)'],
  ['0 6 * * MON-FRI', 'cron(0 6 ? * 2-6 *)'],
  ['0 6 * * SUN', 'cron(0 6 ? * 1 *)'],
  ['0 6 * * 6,7', 'cron(0 6 ? * 1,7 *)'],
  ['30 4 1,15 JAN-MAR *', 'cron(30 4 1,15 1-3 ? *)'],
])('%s becomes %s', (cron, expected) => {
  expect(awsCron(cron)).toBe(expected)
})

it('means the same minutes as the crontab, by the rules of EventBridge Scheduler', () => {
  const start = Date.parse('2026-01-01T00:00:00Z')
  fc.assert(
    fc.property(crons, fc.integer({ min: 0, max: 730 * 24 }), (cron, hours) => {
      const expression = awsCron(cron)
      expect(expression.length).toBeLessThanOrEqual(256)
      const matches = reader(expression)
      const after = new Date(start + hours * 3_600_000)
      const job = new Cron(formatCron(parseCron(cron)), { timezone: 'UTC', paused: true })
      const due = job.nextRuns(5, after).map((run) => run.getTime())
      expect(due).toHaveLength(5)
      expect(due.every(matches)).toBe(true)
      // And at no other minute of the two days that follow.
      const days = 2 * 1440
      const dueSoon = new Set(job.nextRuns(days, after).map((run) => run.getTime()))
      for (let minute = 1; minute <= days; minute++) {
        const at = after.getTime() + minute * 60_000
        if (matches(at) !== dueSoon.has(at)) throw new Error(`${expression} at ${new Date(at).toISOString()}`)
      }
    }),
    { numRuns: 60 },
  )
})

/** Reads the six fields as EventBridge Scheduler documents them: lists, ranges, `*`, `?`, weekdays 1 (Sunday) to 7. */
function reader(expression: string): (at: number) => boolean {
  const fields = /^cron\((.*)\)$/.exec(expression)?.[1]?.split(' ') ?? []
  if (fields.length !== 6) throw new Error(`${expression} has ${fields.length} fields`)
  const [minute, hour, day, month, weekday, year] = fields as [string, string, string, string, string, string]
  if ((day === '?') === (weekday === '?') || year !== '*') throw new Error(`${expression}: one of the days must be ?`)
  const [minutes, hours, days, months, weekdays] = [
    values(minute, 0, 59),
    values(hour, 0, 23),
    values(day, 1, 31),
    values(month, 1, 12),
    values(weekday, 1, 7),
  ]
  return (at) => {
    const date = new Date(at)
    return (
      minutes.has(date.getUTCMinutes()) &&
      hours.has(date.getUTCHours()) &&
      days.has(date.getUTCDate()) &&
      months.has(date.getUTCMonth() + 1) &&
      weekdays.has(date.getUTCDay() + 1)
    )
  }
}

function values(text: string, least: number, most: number): Set<number> {
  const found = new Set<number>()
  for (const piece of text === '*' || text === '?' ? [`${least}-${most}`] : text.split(',')) {
    const [from = Number.NaN, to = from] = piece.split('-').map(Number)
    if (!(least <= from && from <= to && to <= most)) throw new Error(`"${text}" leaves ${least} to ${most}`)
    for (let each = from; each <= to; each++) found.add(each)
  }
  return found
}
