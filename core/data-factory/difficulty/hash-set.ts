/** A set of 32-bit hashes. */
export interface HashSet {
  readonly size: number
  /** Whether it was not there before. */
  add(hash: number): boolean
  has(hash: number): boolean
  clear(): void
}

/** Open addressing in typed arrays, emptied in constant time: a row needs several sets, and a build has millions of rows. */
export function createHashSet(initial: Iterable<number> = []): HashSet {
  let hashes = new Uint32Array(256)
  let stamps = new Uint32Array(256)
  let mask = 255
  let stamp = 1
  let size = 0

  function slotOf(hash: number): number {
    let slot = hash & mask
    while (stamps[slot] === stamp && hashes[slot] !== hash) slot = (slot + 1) & mask
    return slot
  }

  function grow(): void {
    const members = hashes.filter((_, slot) => stamps[slot] === stamp)
    mask = mask * 2 + 1
    hashes = new Uint32Array(mask + 1)
    stamps = new Uint32Array(mask + 1)
    stamp = 1
    for (const hash of members) {
      const slot = slotOf(hash)
      hashes[slot] = hash
      stamps[slot] = stamp
    }
  }

  const set: HashSet = {
    get size() {
      return size
    },
    add(hash) {
      const slot = slotOf(hash)
      if (stamps[slot] === stamp) return false
      hashes[slot] = hash
      stamps[slot] = stamp
      size += 1
      if (size * 2 > mask) grow()
      return true
    },
    has: (hash) => stamps[slotOf(hash)] === stamp,
    clear() {
      size = 0
      stamp += 1
      if (stamp > 0xffffffff) {
        stamps.fill(0)
        stamp = 1
      }
    },
  }
  for (const hash of initial) set.add(hash >>> 0)
  return set
}
