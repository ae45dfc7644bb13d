import type { Ids } from '../../core/platform/ports.ts'

/** Ids and random numbers that are the same for the same seed; ids ascend in the order they are asked for. */
export function createSeededIds(seed = 1): Ids {
  let state = seed >>> 0
  let count = 0

  // mulberry32
  function random(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }

  return {
    random,
    next() {
      count += 1
      const tail = Array.from({ length: 13 }, () => Math.floor(random() * 36).toString(36))
      return count.toString(36).padStart(7, '0') + tail.join('')
    },
  }
}
