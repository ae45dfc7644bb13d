/** Beyond this many values the sort of the language is as fast, and no input makes it quadratic. */
const fewValues = 4_096
const bucketBits = 8

/** Sorts evenly spread u32 hashes `values[from..to)` in place and moves the distinct ones to the front; answers their end. */
export function createHashSorter(): (values: Uint32Array, from: number, to: number) => number {
  const starts = new Uint32Array((1 << bucketBits) + 1)
  const copy = new Uint32Array(fewValues)
  return (values, from, to) => {
    if (to - from > fewValues) values.subarray(from, to).sort()
    else if (to - from > 1) sortFew(values, from, to, starts, copy)
    let kept = from
    for (let at = from; at < to; at++) if (at === from || values[at] !== values[kept - 1]) values[kept++] = values[at]!
    return kept
  }
}

/** By the first byte into buckets of about one value each, then by insertion. */
function sortFew(values: Uint32Array, from: number, to: number, starts: Uint32Array, copy: Uint32Array): void {
  const shift = 32 - bucketBits
  starts.fill(0)
  for (let at = from; at < to; at++) {
    copy[at - from] = values[at]!
    starts[(values[at]! >>> shift) + 1]!++
  }
  for (let bucket = 0; bucket < 1 << bucketBits; bucket++) starts[bucket + 1]! += starts[bucket]!
  for (let at = 0; at < to - from; at++) values[from + starts[copy[at]! >>> shift]!++] = copy[at]!
  for (let at = from + 1; at < to; at++) {
    const value = values[at]!
    let place = at
    while (place > from && values[place - 1]! > value) {
      values[place] = values[place - 1]!
      place--
    }
    values[place] = value
  }
}
