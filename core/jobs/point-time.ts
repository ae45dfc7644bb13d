// The last millisecond of the year 9999: later times are no timestamps.
const latest = 253_402_300_799_999

/** Epoch milliseconds of a stored point as a timestamp; null where they are not known, or no date. */
export function pointTime(ms: number): string | null {
  return ms >= 0 && ms <= latest ? new Date(ms).toISOString() : null
}
