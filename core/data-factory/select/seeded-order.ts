/** What a row is told apart by, an unsigned 32-bit number: its place when nothing else is given. */
export type KeyOf = (row: number) => number

const itself: KeyOf = (row) => row

/** The rows in an order that only the seed and their keys decide, whatever order they came in. */
export function seededOrder(rows: Uint32Array, seed: number, keyOf: KeyOf = itself): Uint32Array {
  const ranked = new Float64Array(rows.length)
  const unique = new Map<number, number>()
  for (const [i, row] of rows.entries()) ranked[i] = seededHash(seed, keyOf(row))
  // A 53-bit rank in a typed array sorts ten times faster than pairs do; equal ranks are put in row order below.
  const byRank = new Float64Array(ranked).sort()
  const places = new Uint32Array(rows.length)
  for (const [i, rank] of ranked.entries()) {
    const first = firstAt(byRank, rank)
    const used = byRank[first + 1] === rank ? (unique.get(rank) ?? 0) : 0
    if (byRank[first + 1] === rank) unique.set(rank, used + 1)
    places[first + used] = rows[i] as number
  }
  for (const [rank, count] of unique) {
    const first = firstAt(byRank, rank)
    places.subarray(first, first + count).sort()
  }
  return places
}

/** `count` of the rows, drawn without replacement by seed, in ascending order. */
export function drawRows(rows: Uint32Array, count: number, seed: number, keyOf?: KeyOf): Uint32Array {
  if (count >= rows.length) return rows.slice().sort()
  return seededOrder(rows, seed, keyOf).slice(0, count).sort()
}

/** A seed of its own for each purpose: two draws by one seed would take the same rows. FNV-1a of the purpose, mixed in. */
export function seedFor(seed: number, purpose: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < purpose.length; i++) hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193)
  return mix(seed ^ hash) >>> 0
}

/** 53 well-mixed bits of a seed and a key, as a whole number. Two rounds of MurmurHash3's finaliser on each half. */
export function seededHash(seed: number, key: number): number {
  const high = mix(mix(key ^ 0x9e3779b9) ^ seed)
  const low = mix(mix(seed ^ 0x85ebca6b) + Math.imul(key, 0xc2b2ae35))
  return (high >>> 0) * 0x200000 + (low >>> 11)
}

function mix(value: number): number {
  let mixed = value | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

function firstAt(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return low
}
