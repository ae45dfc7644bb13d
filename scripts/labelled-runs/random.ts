/** Seeded noise for synthetic runs. */
export interface Random {
  /** [0, 1) */
  uniform(): number
  between(low: number, high: number): number
  normal(): number
  chance(share: number): boolean
  pick<T>(values: readonly T[]): T
}

/** mulberry32, and Box-Muller on top. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    chance: (share) => uniform() < share,
    pick: (values) => values[Math.floor(uniform() * values.length)]!,
  }
}
