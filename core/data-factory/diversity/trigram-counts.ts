/** Below it each 3-gram of ASCII has a bucket of its own; the others share as many by hash. */
const hashedFrom = 1 << 21
export const trigramBuckets = 2 * hashedFrom

const space = 0x20
const zero = 0x30

export interface Symbols {
  units: Uint16Array
  length: number
  narrow: boolean
}

/**
 * UTF-16 code units in lower case, each decimal digit as `0`, each run of white space as one space. The result is valid until the
 * next call with the same `into`.
 */
export function toSymbols(text: string, into: Symbols): Symbols {
  const lower = text.toLowerCase()
  if (into.units.length < lower.length) into.units = new Uint16Array(lower.length * 2)
  const { units } = into
  const symbolOf = symbolTable()
  let length = 0
  let all = 0
  let previous = 0
  for (let at = 0; at < lower.length; at++) {
    const symbol = symbolOf[lower.charCodeAt(at)]!
    if (symbol === space && previous === space) continue
    units[length++] = symbol
    all |= symbol
    previous = symbol
  }
  into.length = length
  into.narrow = all < 256
  return into
}

/** Adds the 3-grams of symbols [from, to) to the counts of their buckets. */
export function countTrigrams(
  symbols: Uint8Array | Uint16Array,
  from: number,
  to: number,
  counts: Int32Array | Uint32Array,
): void {
  if (to - from < 3) return
  let first = symbols[from]!
  let second = symbols[from + 1]!
  for (let at = from + 2; at < to; at++) {
    const third = symbols[at]!
    counts[bucketOf(first, second, third)]!++
    first = second
    second = third
  }
}

function bucketOf(first: number, second: number, third: number): number {
  if ((first | second | third) < 128) return (first << 14) | (second << 7) | third
  const hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca77) ^ Math.imul(third, 0xc2b2ae3d)
  return hashedFrom + (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 11)
}

let table: Uint16Array | undefined

function symbolTable(): Uint16Array {
  table ??= Uint16Array.from({ length: 0x10000 }, (_, code) => {
    const character = String.fromCharCode(code)
    if (/\s/u.test(character)) return space
    return /\p{Nd}/u.test(character) ? zero : code
  })
  return table
}
