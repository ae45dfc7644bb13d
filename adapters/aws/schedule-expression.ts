import { type CronFields, parseCron } from '../../schemas/cron.ts'

/**
 * A cron expression in the six fields of EventBridge Scheduler: weekdays are 1 (Sunday) to 7, one of the two day fields is `?`, and
 * the year is last. `cron` is as `schemas/cron.ts` allows it, so there is always such an expression; it has at most 203 characters
 * of the 256 that are allowed. Where clocks go forward, the service leaves out a time of day that does not exist.
 */
export function awsCron(cron: string): string {
  const { minute, hour, day, month, weekday } = parseCron(cron)
  const byWeekday = weekday.length < 7
  const parts: Record<keyof CronFields, string> = {
    minute: values(minute, 60),
    hour: values(hour, 24),
    day: byWeekday ? '?' : values(day, 31),
    month: values(month, 12),
    weekday: byWeekday
      ? values(
          weekday.map((each) => each + 1),
          7,
        )
      : '?',
  }
  return `cron(${parts.minute} ${parts.hour} ${parts.day} ${parts.month} ${parts.weekday} *)`
}

/** `*` where every value matches; else a list, with ranges for three and more in a row. */
function values(matching: readonly number[], count: number): string {
  if (matching.length === count) return '*'
  const runs: number[][] = []
  for (const each of matching) {
    const run = runs.at(-1)
    if (run && run.at(-1) === each - 1) run.push(each)
    else runs.push([each])
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]}-${run.at(-1)}` : run.join(','))).join(',')
}
