import { smooth } from './running-level.ts'

/** How many numbers of memory it takes: count, smoothed value, first level, best level, noise, the newest value, quick level. */
export const fallNumbers = 7

// Of the noise per step: six deviations stand for a spread that is not there. A smoothed series of 10,000 steps without any change
// stays within one.
const leastSpread = 6
// Three steps or so, and some room for their noise.
const [quickRate, quickRoom] = [0.3, 0.8]

/**
 * How far the smoothed value has fallen from its best, as a share of what it had gained: 1 is back where it began. A gain within the
 * noise counts as six times the noise, so that it needs no gain at all, and no sign. NaN before two windows of values.
 */
export function fallOf(own: Float32Array, value: number, window: number): number {
  const count = own[0]! + 1
  own[0] = Math.min(count, 1e6)
  // Successive differences: a fall does not make itself look like noise.
  if (count > 1) smooth(own, 4, Math.abs(value - own[5]!) * 0.886, count - 1, 1 / 50)
  own[5] = value
  const level = smooth(own, 1, value, count, 2 / (window + 1))
  const quick = smooth(own, 6, value, count, quickRate)
  const half = Math.ceil(window / 2)
  if (count <= half) {
    own[2] = level
    own[3] = level
    return Number.NaN
  }
  if (level > own[3]!) own[3] = level
  if (count < 2 * window) return Number.NaN
  // A dip that is over drags the smoothed value down for long, the quick one not.
  return Math.min(own[3]! - level, (own[3]! - quick) / quickRoom) / spreadOf(own)
}

/** The smoothed value at which a share of the gain is lost. */
export const lostLevel = (own: Float32Array, share: number): number => own[3]! - share * spreadOf(own)

const spreadOf = (own: Float32Array) =>
  Math.max(own[3]! - own[2]!, leastSpread * own[4]!, 1e-6 * Math.abs(own[3]!), 1e-9)
