import { textOf } from './parse-text.ts'

const iso = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?) ?(Z|z|[+-]\d\d(?::?\d\d)?)?$/

/** Below, a number is no time since 1970 but a duration; above, it counts milliseconds, microseconds or nanoseconds. */
const leastSeconds = 1e8
const leastMilliseconds = 1e11
const leastMicroseconds = 1e14
const leastNanoseconds = 1e17

/** Whole epoch milliseconds of ISO text (UTC where it names no zone) or of an epoch number; NaN when it is neither. */
export function parseTime(value: unknown): number {
  if (typeof value === 'number') return fromNumber(value)
  if (typeof value !== 'string' || value.length > 64) return Number.NaN
  const [, date, time, zone = 'Z'] = iso.exec(value) ?? []
  if (date === undefined || time === undefined) return Number.NaN
  const [clock = '', fraction = ''] = time.split(/[.,]/)
  const offset = /^z$/i.test(zone) ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`
  const seconds = clock.length === 5 ? `${clock}:00` : clock
  return toMilliseconds(Date.parse(`${date}T${seconds}.${`${fraction}000`.slice(0, 3)}${offset}`))
}

/** Whole milliseconds from 1970 on; NaN for everything else. */
export function toMilliseconds(time: number): number {
  return time >= 0 && time <= 8.64e15 ? Math.round(time) : Number.NaN
}

function fromNumber(value: number): number {
  if (!(value >= leastSeconds)) return Number.NaN
  if (value < leastMilliseconds) return toMilliseconds(value * 1000)
  if (value < leastMicroseconds) return toMilliseconds(value)
  return toMilliseconds(value / (value < leastNanoseconds ? 1000 : 1_000_000))
}

/** The day of the newest text, so that its date is worked out once. */
export interface DayMemo {
  bytes: Uint8Array
  start: number
}

export const createDayMemo = (): DayMemo => ({ bytes: new Uint8Array(10), start: Number.NaN })

/** As `parseTime` for the bytes between quotes, without a text for the usual form `2026-01-01T00:00:00.000Z`. */
export function parseTimeBytes(memo: DayMemo, bytes: Uint8Array, from: number, to: number): number {
  if (to - from === 24 && bytes[from + 10] === 84 && bytes[from + 23] === 90 && isDay(memo, bytes, from)) {
    const [hours, minutes] = [pair(bytes, from + 11), pair(bytes, from + 14)]
    const [seconds, tens, ones] = [pair(bytes, from + 17), pair(bytes, from + 20), (bytes[from + 22] as number) - 48]
    const marks = bytes[from + 13] === 58 && bytes[from + 16] === 58 && bytes[from + 19] === 46
    const isClock = hours < 24 && minutes < 60 && seconds < 60 && tens < 100 && ones >= 0 && ones <= 9
    if (marks && isClock) return memo.start + ((hours * 60 + minutes) * 60 + seconds) * 1000 + tens * 10 + ones
  }
  const time = parseTime(textOf(bytes, from, to))
  if (to - from >= 10) remember(memo, bytes, from)
  return time
}

/** 100 or more when the two bytes are no digits. */
function pair(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [(bytes[at] as number) - 48, (bytes[at + 1] as number) - 48]
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 100
}

function isDay({ bytes: day, start }: DayMemo, bytes: Uint8Array, from: number): boolean {
  if (!(start >= 0)) return false
  for (let i = 0; i < 10; i++) if (day[i] !== bytes[from + i]) return false
  return true
}

function remember(memo: DayMemo, bytes: Uint8Array, from: number): void {
  memo.bytes.set(bytes.subarray(from, from + 10))
  const day = textOf(memo.bytes, 0, 10)
  memo.start = parseTime(`${day}T00:00:00.000Z`)
}
