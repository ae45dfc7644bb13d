/** A set of pairs of 32-bit numbers. `clear` costs nothing; memory grows to 24 bytes a pair, or 12 just after growing. */
export interface PairSet {
  readonly size: number
  add(first: number, second: number): void
  clear(): void
}

export function createPairSet(capacity: number): PairSet {
  let slots = 2 ** Math.ceil(Math.log2(capacity * 1.5))
  let firsts = new Uint32Array(slots)
  let seconds = new Uint32Array(slots)
  // A slot is taken when it bears the mark of the present round.
  let marks = new Uint32Array(slots)
  let round = 1
  let size = 0

  function add(first: number, second: number): void {
    let slot = slotOf(first, second, slots)
    while (marks[slot] === round) {
      if (firsts[slot] === first && seconds[slot] === second) return
      slot = (slot + 1) & (slots - 1)
    }
    firsts[slot] = first
    seconds[slot] = second
    marks[slot] = round
    size++
    if (size * 1.5 > slots) grow()
  }

  function grow(): void {
    const old = { firsts, seconds, marks, round }
    slots *= 2
    firsts = new Uint32Array(slots)
    seconds = new Uint32Array(slots)
    marks = new Uint32Array(slots)
    round = 1
    size = 0
    for (let slot = 0; slot < old.marks.length; slot++)
      if (old.marks[slot] === old.round) add(old.firsts[slot]!, old.seconds[slot]!)
  }

  return {
    get size() {
      return size
    },
    add,
    clear() {
      round++
      size = 0
    },
  }
}

function slotOf(first: number, second: number, slots: number): number {
  const mixed = Math.imul(first ^ Math.imul(second, 0x9e3779b1), 0x85ebca6b)
  return (mixed ^ (mixed >>> 15)) & (slots - 1)
}
