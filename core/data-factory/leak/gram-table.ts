export interface GramTable {
  size: number
  /** The place of a hash among those given, -1 for any other. */
  find(hash: number): number
}

/** Hashes to their places, open-addressed, behind a bitmap of a sixteenth density that turns nearly every other hash away. */
export function createGramTable(hashes: Iterable<number>): GramTable {
  const keys = Uint32Array.from(hashes)
  const slotBits = Math.max(4, Math.ceil(Math.log2(keys.length * 2 + 1)))
  const slots = new Int32Array(2 ** slotBits).fill(-1)
  const mapBits = Math.max(5, Math.ceil(Math.log2(keys.length * 16 + 1)))
  const map = new Uint32Array(2 ** (mapBits - 5))

  for (const [place, key] of keys.entries()) {
    const mixed = Math.imul(key, 0x9e3779b1)
    const bit = mixed >>> (32 - mapBits)
    map[bit >>> 5]! |= 1 << (bit & 31)
    let slot = mixed >>> (32 - slotBits)
    while (slots[slot]! >= 0) slot = (slot + 1) & (slots.length - 1)
    slots[slot] = place
  }

  return {
    size: keys.length,
    find(hash) {
      const mixed = Math.imul(hash, 0x9e3779b1)
      const bit = mixed >>> (32 - mapBits)
      if ((map[bit >>> 5]! & (1 << (bit & 31))) === 0) return -1
      let slot = mixed >>> (32 - slotBits)
      for (;;) {
        const place = slots[slot]!
        if (place < 0 || keys[place] === hash) return place
        slot = (slot + 1) & (slots.length - 1)
      }
    },
  }
}
