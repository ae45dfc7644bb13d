/** Runs the works of one key one after the other, those of different keys side by side. */
export type KeyLocks = <T>(key: string, work: () => Promise<T>) => Promise<T>

export function createKeyLocks(): KeyLocks {
  const tails = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const run = (tails.get(key) ?? Promise.resolve()).then(work)
    const tail = run
      .catch(() => {})
      .then(() => {
        if (tails.get(key) === tail) tails.delete(key)
      })
    tails.set(key, tail)
    return run
  }
}
