export interface RecentIds {
  get(name: string): string | undefined
  remember(name: string, id: string): void
  forget(name: string): void
}

// A Lambda process lives for hours; the names of finished jobs are of no use to it.
const CAPACITY = 1_000

/** Which id a name has, for the names used last. */
export function createRecentIds(): RecentIds {
  const ids = new Map<string, string>()
  return {
    get: (name) => ids.get(name),
    remember(name, id) {
      ids.delete(name)
      ids.set(name, id)
      const [oldest] = ids.keys()
      if (ids.size > CAPACITY && oldest !== undefined) ids.delete(oldest)
    },
    forget(name) {
      ids.delete(name)
    },
  }
}
