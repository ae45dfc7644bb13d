/** Ascending distinct values `words[start..end)`. */
export interface SetRange {
  words: Uint32Array
  start: number
  end: number
}

/** |A ∩ B| / |A ∪ B| of two sets of shingles; two empty sets have none in common: 0. */
export function jaccard(a: SetRange, b: SetRange): number {
  return atLeast(a, b, 0) ?? 0
}

/** The Jaccard similarity when it is >= `threshold`, else undefined; stops as soon as it cannot be. */
export function atLeast(a: SetRange, b: SetRange, threshold: number): number | undefined {
  const sizes = a.end - a.start + b.end - b.start
  if (sizes === 0) return undefined
  const needed = neededInCommon(sizes, threshold)
  let left = a.end - a.start - needed
  let right = b.end - b.start - needed
  if (left < 0 || right < 0) return undefined
  let common = 0
  let i = a.start
  let j = b.start
  while (i < a.end && j < b.end) {
    const x = a.words[i]!
    const y = b.words[j]!
    if (x === y) {
      common++
      i++
      j++
    } else if (x < y) {
      i++
      if (--left < 0) return undefined
    } else {
      j++
      if (--right < 0) return undefined
    }
  }
  // At the end of either set, what it may still miss is what it has in common beyond the need: enough, for it is not below 0.
  return common / (sizes - common)
}

/** The smallest number in common with common / (sizes - common) >= threshold, by that very division. */
function neededInCommon(sizes: number, threshold: number): number {
  let needed = Math.max(0, Math.floor((threshold * sizes) / (1 + threshold)) - 1)
  while (needed * 2 <= sizes && !(needed / (sizes - needed) >= threshold)) needed++
  return needed
}
