import { hash } from 'node:crypto'

const keyWords = 4

export interface HashCounts {
  /** Changes the count of these bytes, 0 until then, and returns it. */
  add(bytes: Uint8Array | string, change: number): number
  /** 0 for what was never counted. */
  get(bytes: Uint8Array | string): number
}

/**
 * Counts byte strings by the first 16 bytes of their SHA-256, in an open-addressed table that grows: 21 to 42 bytes for each different
 * one, and for a moment half as much again.
 */
export function createHashCounts(): HashCounts {
  let slots = 1024
  let held = 0
  let keys = new Uint32Array(keyWords * slots)
  let used = new Uint8Array(slots)
  let counts = new Int32Array(slots)
  const digest = Buffer.alloc(32)
  const key = new Uint32Array(digest.buffer, digest.byteOffset, keyWords)

  /** Where the key is, or where it would go. */
  function find(): number {
    const [a, b, c, d] = key as unknown as [number, number, number, number]
    for (let slot = a & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const at = keyWords * slot
      if (used[slot] === 0) return slot
      if (keys[at] === a && keys[at + 1] === b && keys[at + 2] === c && keys[at + 3] === d) return slot
    }
  }
  function grow(): void {
    const before = { keys, used, counts }
    slots *= 2
    keys = new Uint32Array(keyWords * slots)
    used = new Uint8Array(slots)
    counts = new Int32Array(slots)
    for (let slot = 0; slot < before.used.length; slot++) {
      if (before.used[slot] === 0) continue
      key.set(before.keys.subarray(keyWords * slot, keyWords * (slot + 1)))
      put(before.counts[slot] as number)
    }
  }
  function put(count: number): void {
    const slot = find()
    keys.set(key, keyWords * slot)
    used[slot] = 1
    counts[slot] = count
  }

  return {
    add(bytes, change) {
      digest.write(hash('sha256', bytes, 'binary'), 'latin1')
      const slot = find()
      if (used[slot] === 1) {
        counts[slot] = (counts[slot] as number) + change
        return counts[slot]
      }
      put(change)
      held += 1
      if (held > 0.75 * slots) grow()
      return change
    },
    get(bytes) {
      digest.write(hash('sha256', bytes, 'binary'), 'latin1')
      return counts[find()] as number
    },
  }
}
