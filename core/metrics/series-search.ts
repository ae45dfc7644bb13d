/** The first index from `from` to `to` whose number is at least `least`; `to` when there is none. The numbers ascend. */
export function lowerBound(
  numbers: Float64Array | Uint32Array,
  least: number,
  from = 0,
  to: number = numbers.length,
): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((numbers[middle] as number) < least) low = middle + 1
    else high = middle
  }
  return low
}
