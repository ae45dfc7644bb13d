/** Different texts past this many are no longer remembered: 256 MB of hashes. */
const mostTexts = 2 ** 24
const leastSlots = 2 ** 12

/**
 * Tells whether a text came before, case and runs of white space ignored, by 64-bit hashes in an open-addressed table: among ten
 * million texts, two different ones are taken for one with probability 3 in a million. Past 16 million it only tells repeats of those.
 */
export function createFoldedTexts(): { isRepeat(text: string): boolean } {
  let slots = new Uint32Array(2 * leastSlots)
  let held = 0

  /** Where the hash is, or where it would go. */
  function find(high: number, low: number): number {
    const mask = slots.length / 2 - 1
    let slot = low & mask
    for (;;) {
      const at = 2 * slot
      if (slots[at] === high && slots[at + 1] === low) return at
      if (slots[at] === 0 && slots[at + 1] === 0) return at
      slot = (slot + 1) & mask
    }
  }
  function put(high: number, low: number): void {
    const at = find(high, low)
    slots[at] = high
    slots[at + 1] = low
  }
  function grow(): void {
    const before = slots
    slots = new Uint32Array(2 * before.length)
    for (let at = 0; at < before.length; at += 2)
      if (before[at] !== 0 || before[at + 1] !== 0) put(before[at] as number, before[at + 1] as number)
  }

  return {
    isRepeat(text) {
      const [high, low] = foldedHash(text)
      const at = find(high, low)
      if (slots[at] !== 0 || slots[at + 1] !== 0) return true
      if (held >= mostTexts) return false
      held += 1
      if (held > slots.length / 4) grow()
      put(high, low)
      return false
    },
  }
}

/** Two multiplicative hashes, mixed at the end as MurmurHash3 does; never 0, 0, which marks a free slot. */
function foldedHash(text: string): [high: number, low: number] {
  const lower = text.toLowerCase()
  let [a, b] = [0xdeadbeef | 0, 0x41c6ce57]
  let gap = false
  let started = false
  for (let i = 0; i < lower.length; i++) {
    const code = lower.charCodeAt(i)
    if (code <= 32 ? isAsciiSpace(code) : code >= 0xa0 && isOtherSpace(code)) {
      gap = started
      continue
    }
    if (gap) {
      a = Math.imul(a ^ 32, 2654435761)
      b = Math.imul(b ^ 32, 1597334677)
      gap = false
    }
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
    started = true
  }
  const high = finish(a) ^ b
  const low = finish(b ^ high)
  return high === 0 && low === 0 ? [1, 0] : [high >>> 0, low]
}

function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** With `isOtherSpace`, as `\s` has it. */
function isAsciiSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13)
}

function isOtherSpace(code: number): boolean {
  return code === 0xa0 || (code >= 0x1680 && /\s/.test(String.fromCharCode(code)))
}
