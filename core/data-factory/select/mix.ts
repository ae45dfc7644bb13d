import { allocate } from './largest-remainder.ts'

export interface MixSizes {
  n: number
  sizes: Record<string, number>
  /** The tasks that have too few rows for more; empty when `wanted` was met. */
  short: string[]
  why: string
}

/**
 * How many rows of each task: shares by weight and largest remainder. `wanted` rows in all, or as many as the scarcest task allows
 * when absent or not to be had. A task without a weight gets none.
 */
export function mixSizes(
  available: Readonly<Record<string, number>>,
  weights: Readonly<Record<string, number>>,
  wanted?: number,
): MixSizes {
  const short = (sizes: Record<string, number>) =>
    Object.keys(weights).filter((task) => (sizes[task] ?? 0) > (available[task] ?? 0))
  let n = Math.min(wanted ?? Number.POSITIVE_INFINITY, upperBound(available, weights))
  while (n > 0 && short(allocate(n, weights)).length > 0) n -= 1

  const scarce = n === wanted ? [] : short(allocate(n + 1, weights))
  const rows = scarce.map((task) => `${available[task] ?? 0} of task "${task}"`).join(' and ')
  const of = wanted === undefined ? '' : ` of the ${wanted} asked for`
  return {
    n,
    sizes: allocate(n, weights),
    short: scarce,
    why: scarce.length === 0 ? `${n} rows as asked for` : `${n} rows${of}: there are only ${rows}`,
  }
}

/** A share is at least the whole part of its quota, so no task can have more than (available + 1) / weight rows in all. */
function upperBound(available: Readonly<Record<string, number>>, weights: Readonly<Record<string, number>>): number {
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0)
  const bounds = Object.entries(weights).map(([task, weight]) => (((available[task] ?? 0) + 1) * sum) / weight)
  return bounds.length === 0 ? 0 : Math.ceil(Math.min(...bounds))
}
