/** The q-quantile (0..1) by linear interpolation between order statistics. */
export function percentile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * q
  const low = sorted[Math.floor(place)] ?? Number.NaN
  const high = sorted[Math.ceil(place)] ?? Number.NaN
  return Math.round((low + (high - low) * (place - Math.floor(place))) * 100) / 100
}
