/** Something whose size in memory changes. */
export interface Sized {
  bytes(): number
}

/** Values by key, those let go that were not used for longest when all together have too many bytes. */
export interface SeriesCache {
  /** The value under the key, made when there is none. */
  use<T extends Sized>(key: string, make: () => T): T
  /** Takes note of the size of what stands under the key, and makes room. */
  settle(key: string): void
  bytes(): number
}

export function createSeriesCache(maxBytes: number): SeriesCache {
  const entries = new Map<string, { value: Sized; bytes: number }>()
  let total = 0
  return {
    use<T extends Sized>(key: string, make: () => T): T {
      const entry = entries.get(key) ?? { value: make(), bytes: 0 }
      entries.delete(key)
      entries.set(key, entry)
      return entry.value as T
    },
    settle(key) {
      const entry = entries.get(key)
      if (entry) {
        total -= entry.bytes
        entry.bytes = entry.value.bytes()
        total += entry.bytes
      }
      for (const [oldest, { bytes }] of entries) {
        if (!(total > maxBytes)) return
        entries.delete(oldest)
        total -= bytes
      }
    },
    bytes: () => total,
  }
}
