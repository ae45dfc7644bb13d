import { type CronFields, parseCron } from '../../schemas/cron.ts'

/** When a schedule is due. `cron` and `timezone` are as their schemas allow. */
export interface Timing {
  cron: string
  timezone: string
}

const dayMs = 86_400_000
// From one 29 February to the next it can be eight years, around 2100.
const searchedDays = 3_000

/**
 * The moments after `after`, soonest first. Where clocks go forward, a time of day that does not exist runs when the gap ends, and
 * repeated ones that fall into the gap are left out; where clocks go back, a time of day runs once, and repeated ones run on.
 */
export function* nextRuns({ cron, timezone }: Timing, after: Date): Generator<Date> {
  const fields = parseCron(cron)
  const offsetAt = zoneOffset(timezone)
  const first = Math.floor((after.getTime() + offsetAt(after.getTime())) / dayMs) * dayMs
  // One day early: where clocks went back at midnight, the day before may come again.
  for (let day = first - dayMs, left = searchedDays; left > 0; day += dayMs, left--) {
    if (!isDue(fields, new Date(day))) continue
    left = searchedDays
    for (const at of runsOf(day, fields, offsetAt)) if (at > after.getTime()) yield new Date(at)
  }
}

/** The newest moment after `after` and not after `until`; undefined when there is none. */
export function lastRunBetween(timing: Timing, after: Date, until: Date): Date | undefined {
  let last: Date | undefined
  for (const run of nextRuns(timing, after)) {
    if (run > until) return last
    last = run
  }
  return last
}

function isDue({ day, month, weekday }: CronFields, date: Date): boolean {
  return day.includes(date.getUTCDate()) && month.includes(date.getUTCMonth() + 1) && weekday.includes(date.getUTCDay())
}

type OffsetAt = (instant: number) => number

/** Epoch milliseconds, ascending. `day` is the local midnight as if it were UTC. */
function runsOf(day: number, { hour, minute }: CronFields, offsetAt: OffsetAt): number[] {
  const walls = hour.flatMap((h) => minute.map((m) => day + (h * 60 + m) * 60_000))
  // No zone is further than 14 hours from UTC, so both ends lie outside the day.
  const [before, after] = [offsetAt(day - 14 * 3_600_000), offsetAt(day + 38 * 3_600_000)]
  if (before === after) return walls.map((wall) => wall - before)
  const once = hour.length === 1 && minute.length === 1
  const found = walls.flatMap((wall) => instantsOf(wall, [before, after], once, offsetAt))
  return [...new Set(found)].sort((a, b) => a - b)
}

/** When clocks show this time: once, twice where they go back, and where they skip it not at all, or once at the end of the gap. */
function instantsOf(wall: number, [before, after]: [number, number], once: boolean, offsetAt: OffsetAt): number[] {
  const shown = [before, after].map((offset) => wall - offset).filter((at) => at + offsetAt(at) === wall)
  if (!once) return shown
  if (shown.length > 0) return [Math.min(...shown)]
  return [transition(wall - after, wall - before, offsetAt)]
}

/** The first minute with the offset of `high`, which `low` does not have. */
function transition(low: number, high: number, offsetAt: OffsetAt): number {
  const wanted = offsetAt(high)
  let [from, to] = [Math.floor(low / 60_000), Math.ceil(high / 60_000)]
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2)
    if (offsetAt(middle * 60_000) === wanted) to = middle
    else from = middle
  }
  return to * 60_000
}

/** Milliseconds that local clocks are ahead of UTC. */
function zoneOffset(timeZone: string): OffsetAt {
  if (timeZone === 'UTC') return () => 0
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  return (instant) => {
    const name = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? ''
    const [, sign, hours = '0', minutes = '0'] = /^GMT([+-])(\d\d):(\d\d)/.exec(name) ?? []
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
  }
}
