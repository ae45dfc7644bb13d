/** Of all values that were added, the `limit` with the lowest ranks. */
export interface Keeper<T> {
  /** How many different ranks were added. */
  readonly distinct: number
  /** A rank that was added before is the same thing again: `prefer` says which of the two stays. */
  add(rank: string, value: T): void
  /** The lowest ranks first. */
  finish(count?: number): { rank: string; value: T }[]
}

/**
 * A seeded draw from a stream: rank each value by a hash of seed and content (hex SHA-256), keep the lowest. What is drawn does not
 * depend on the order of the stream, and memory holds no more than twice the limit.
 */
export function createKeeper<T>(limit: number, prefer: (known: T, again: T) => T = (known) => known): Keeper<T> {
  const kept = new Map<string, T>()
  const seen = new Set<number>()
  let highest: string | undefined

  function sorted(): string[] {
    return [...kept.keys()].sort()
  }

  return {
    get distinct() {
      return seen.size
    },
    add(rank, value) {
      // 48 bits of a SHA-256: two of a million contents share them once in 500 runs, and then one is not counted.
      seen.add(Number.parseInt(rank.slice(0, 12), 16))
      if (highest !== undefined && rank > highest) return
      const known = kept.get(rank)
      kept.set(rank, known === undefined ? value : prefer(known, value))
      if (kept.size <= 2 * limit + 64) return
      const ranks = sorted()
      highest = ranks[limit - 1]
      for (const over of ranks.slice(limit)) kept.delete(over)
    },
    finish: (count = limit) =>
      sorted()
        .slice(0, Math.min(count, limit))
        .map((rank) => ({ rank, value: kept.get(rank) as T })),
  }
}
