import * as z from 'zod'

/** The moments of a cron expression, each field as the sorted values that match; weekdays 0 (Sunday) to 6. */
export interface CronFields {
  minute: number[]
  hour: number[]
  day: number[]
  month: number[]
  weekday: number[]
}

interface Field {
  name: keyof CronFields
  title: string
  least: number
  most: number
  words?: readonly string[]
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const fields: readonly Field[] = [
  { name: 'minute', title: 'minute', least: 0, most: 59 },
  { name: 'hour', title: 'hour', least: 0, most: 23 },
  { name: 'day', title: 'day of month', least: 1, most: 31 },
  { name: 'month', title: 'month', least: 1, most: 12, words: months },
  { name: 'weekday', title: 'day of week', least: 0, most: 7, words: weekdays },
]

/** What both EventBridge Scheduler and a crontab can say: five fields of numbers, names, lists, ranges and steps. */
export const Cron = z
  .string()
  .max(200)
  .superRefine((text, context) => {
    for (const message of readCron(text).problems) context.addIssue({ code: 'custom', message })
  })
  .describe('minute, hour, day of month, month, day of week')

/** The fields of an expression that `Cron` accepts. Throws RangeError naming what is wrong with any other. */
export function parseCron(text: string): CronFields {
  const { values, problems } = readCron(text)
  if (problems.length > 0) throw new RangeError(`cron "${text}": ${problems.join('; ')}`)
  return values as CronFields
}

/** The same moments written the one way that crontabs agree on: `*` where every value matches, else the values. */
export function formatCron(values: CronFields): string {
  return fields.map((field) => (isEvery(field, values[field.name]) ? '*' : values[field.name].join(','))).join(' ')
}

function readCron(text: string): { values: Partial<CronFields>; problems: string[] } {
  const parts = text.trim().split(/\s+/)
  if (parts.length !== fields.length) {
    const count = text.trim() === '' ? 0 : parts.length
    const problem = `has ${count} field${count === 1 ? '' : 's'}, not 5: minute, hour, day of month, month, day of week, as in "0 2 * * *" for every night at 2`
    return { values: {}, problems: [problem] }
  }
  const values: Partial<CronFields> = {}
  const problems: string[] = []
  for (const [index, field] of fields.entries()) {
    const read = readField(parts[index] as string, field)
    if (typeof read === 'string') problems.push(`field ${index + 1} (${field.title}) "${parts[index]}": ${read}`)
    else values[field.name] = read
  }
  return { values, problems: problems.length > 0 ? problems : neverOrTwice(values as CronFields) }
}

/** The values, or what is wrong. */
function readField(text: string, field: Field): number[] | string {
  const found = new Set<number>()
  for (const piece of text.split(',')) {
    const [, range = '', step] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(piece) ?? []
    const bounds = range === '*' ? [field.least, everyMost(field)] : range.split('-').map((each) => value(each, field))
    const [from, to = from] = bounds
    if (from === undefined || to === undefined || bounds.length > 2 || bounds.includes(undefined))
      return expected(field)
    if (step !== undefined && (Number(step) < 1 || (range !== '*' && bounds.length === 1)))
      return 'a step is a number from 1 after "*" or a range, as in */5 or 10-50/5'
    if (from > to) return `the range ${range} runs backwards; write it as two, separated by a comma`
    for (let each = from; each <= to; each += Number(step ?? 1)) found.add(field.name === 'weekday' ? each % 7 : each)
  }
  return [...found].sort((a, b) => a - b)
}

// Sunday is 0 and 7; a step over all weekdays must count it once.
const everyMost = ({ name, most }: Field) => (name === 'weekday' ? 6 : most)

function value(text: string, { least, most, words }: Field): number | undefined {
  const word = words?.indexOf(text.toUpperCase()) ?? -1
  if (word >= 0) return word + (words === months ? 1 : 0)
  const number = Number(text)
  return /^\d{1,2}$/.test(text) && number >= least && number <= most ? number : undefined
}

function expected({ least, most, words }: Field): string {
  const named = words ? ` or ${words[0]} to ${words.at(-1)}` : ''
  return `must be *, numbers from ${least} to ${most}${named}, ranges, or a list of them`
}

const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Crontabs run on either day when both are given, and EventBridge Scheduler takes only one of the two. */
function neverOrTwice({ day, month, weekday }: CronFields): string[] {
  if (day.length < 31 && weekday.length < 7)
    return ['gives both day of month and day of week; write * for one of them, or make two schedules']
  if (month.every((each) => (day[0] as number) > (longest[each - 1] as number)))
    return [`never comes: no month of ${month.join(', ')} has a day ${day[0]}`]
  return []
}

function isEvery(field: Field, values: readonly number[]): boolean {
  return values.length === everyMost(field) - field.least + 1
}
