/** For each of `size` places its targets, in the order they were given: `targets[starts[place] .. starts[place + 1])`. */
export interface Postings {
  starts: Uint32Array
  targets: Uint32Array
}

export function createPostings(size: number, pairs: readonly { place: number; target: number }[]): Postings {
  const starts = new Uint32Array(size + 1)
  for (const { place } of pairs) starts[place + 1]!++
  for (let place = 0; place < size; place++) starts[place + 1]! += starts[place]!
  const next = starts.slice(0, size)
  const targets = new Uint32Array(pairs.length)
  for (const { place, target } of pairs) targets[next[place]!++] = target
  return { starts, targets }
}
