import { type Column, has } from '../metrics/columns.ts'

// A trainer that stood still, or was restarted, would let a viewer wait as long.
const longestGap = 5
const gapWithoutTime = 1

/** What is known of the time between rows. */
export interface Timed {
  /** Epoch milliseconds; NaN: not logged. */
  times: Float64Array
  /** Seconds, for rows without times. */
  stepTime: Column | undefined
}

/**
 * When each of the rows `from` to `to` (exclusive) is due at speed 1, in seconds behind the first: the recorded gaps, each 5 s at most. A
 * row without a time comes after its own step time, else after 1 s.
 */
export function offsetsOf(timed: Timed, from: number, to: number): Float64Array {
  const offsets = new Float64Array(to - from)
  for (let row = from + 1; row < to; row++)
    offsets[row - from] = (offsets[row - from - 1] as number) + Math.min(recordedGap(timed, row), longestGap)
  return offsets
}

/** The seconds between the first and the last of the rows as they were recorded, standstills included. */
export function recordedSeconds(timed: Timed, from: number, to: number): number {
  let seconds = 0
  for (let row = from + 1; row < to; row++) seconds += recordedGap(timed, row)
  return seconds
}

/** A clock that was set back counts as no time. */
function recordedGap({ times, stepTime }: Timed, row: number): number {
  const gap = ((times[row] as number) - (times[row - 1] as number)) / 1000
  if (Number.isFinite(gap)) return Math.max(0, gap)
  const own = stepTime && has(stepTime, row) ? (stepTime.values[row] as number) : Number.NaN
  return Number.isFinite(own) && own >= 0 ? own : gapWithoutTime
}
