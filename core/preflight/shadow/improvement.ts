import { seededRandom } from '../seeded-random.ts'
import { spearman } from './rank-correlation.ts'

/** Below it a relative improvement is one of noise. */
const smallestBase = 0.05
const repeats = 2000
/** Of the repeats: with fewer that can be computed, the interval would be one of the lucky ones. */
const smallestShare = 0.9

/** How much better the new correlation is, in % of the old one. null when either is, or when the old one is below 0.05. */
export function improvementPct(old: number | null, now: number | null): number | null {
  if (old === null || now === null || !(Math.abs(old) >= smallestBase)) return null
  return (100 * (now - old)) / Math.abs(old)
}

/** 95 % percentile interval of `improvementPct` over items drawn again with replacement, each with both scores. Seeded. */
export function improvementInterval(
  old: readonly number[],
  now: readonly number[],
  success: readonly number[],
  seed: number,
): [number, number] | null {
  const n = success.length
  const random = seededRandom(seed)
  const values: number[] = []
  for (let repeat = 0; repeat < repeats; repeat++) {
    const drawn = Array.from({ length: n }, () => Math.floor(random() * n))
    const pick = (from: readonly number[]) => drawn.map((index) => from[index] as number)
    const outcome = pick(success)
    const value = improvementPct(spearman(pick(old), outcome), spearman(pick(now), outcome))
    if (value !== null) values.push(value)
  }
  if (values.length < smallestShare * repeats) return null
  values.sort((a, b) => a - b)
  const at = (share: number) => values[Math.round(share * (values.length - 1))] as number
  return [at(0.025), at(0.975)]
}
