/**
 * Exponential moving average with the bias of its start taken out, as TensorBoard draws it: `weight` in [0, 1) is what stays of
 * the past. A value that is not finite is passed over and stays a gap.
 */
export function smooth(values: readonly number[], weight: number): number[] {
  let average = 0
  let seen = 0
  return values.map((value) => {
    if (!Number.isFinite(value)) return Number.NaN
    average = average * weight + (1 - weight) * value
    seen += 1
    return weight === 0 ? value : average / (1 - weight ** seen)
  })
}
