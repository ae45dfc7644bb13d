import type { FrozenDifficulty, FrozenFeature, FrozenTask } from '../../../schemas/difficulty.ts'
import { Fault } from '../../platform/fault.ts'
import { bucketNames } from '../select/balance.ts'
import { featureNames } from './features.ts'
import { type Column, checkColumns, distinctRanks, isReversed, placeOf } from './rank-features.ts'

export interface Quantiles {
  easy_below: number
  hard_above: number
}

/** Places of the ranks that are kept of a feature with more distinct values than this. */
const sketchPoints = 1001
const rankDigits = 1e7

/**
 * Difficulty of one task as its source rows see it: the ranks of each feature and the cut points, small enough for a report. The cut
 * points are quantiles of the frozen scores, so whoever scores the same rows by `bucketOf` later finds the same buckets.
 */
export function freezeTask(columns: readonly Column[], n: number, quantiles: Quantiles): FrozenTask {
  if (n === 0) throw new Fault('invalid', 'a task without rows has no difficulty; leave it out')
  checkColumns(columns, n)
  const features = columns.map((column) => sketch(column.subarray(0, n))) as FrozenTask['features']
  const frozen = { rows: n, features, easy_below: 0, hard_above: 0 }
  return { ...frozen, ...freezeCuts(scoreColumns(frozen, columns, n), quantiles) }
}

/** The scores at two quantiles (linear interpolation, the rule of NumPy's default). */
export function freezeCuts(scores: Float64Array, { easy_below, hard_above }: Quantiles): Quantiles {
  const sorted = scores.slice().sort()
  return { easy_below: quantile(sorted, easy_below), hard_above: quantile(sorted, hard_above) }
}

/** Frozen scores of many rows, 0..1. */
export function scoreColumns(frozen: FrozenTask, columns: readonly Column[], n: number): Float64Array {
  const scores = new Float64Array(n)
  for (const [feature, column] of columns.entries()) {
    const known = frozen.features[feature] as FrozenFeature
    for (let row = 0; row < n; row++) scores[row]! += rankOf(known, column[row]!, feature)
  }
  return scores.map((sum) => sum / featureNames.length)
}

/** Buckets of many rows as codes: 0 easy, 1 medium, 2 hard. */
export function bucketColumn(frozen: FrozenTask, columns: readonly Column[], n: number): Uint8Array {
  return Uint8Array.from(scoreColumns(frozen, columns, n), (score) => bucketCode(frozen, score))
}

/** Which bucket a row belongs to, from its features alone. Fault `invalid` for a task that was not frozen. */
export function bucketOf(frozen: FrozenDifficulty, task: string, features: Float64Array): (typeof bucketNames)[number] {
  const known = Object.hasOwn(frozen.tasks, task) ? frozen.tasks[task] : undefined
  if (!known) {
    const tasks = Object.keys(frozen.tasks).map((name) => `"${name}"`)
    throw new Fault('invalid', `difficulty of task "${task}" was never measured; it was for ${tasks.join(', ')}`)
  }
  const [score] = scoreColumns(
    known,
    [...features].map((value) => Float64Array.of(value)),
    1,
  )
  return bucketNames[bucketCode(known, score as number)] as (typeof bucketNames)[number]
}

function bucketCode({ easy_below, hard_above }: Quantiles, score: number): number {
  if (score < easy_below) return 0
  return score > hard_above ? 2 : 1
}

/** All distinct values with their exact ranks, or those at evenly spaced places of the sorted rows. */
function sketch(column: Column): FrozenFeature {
  const { values, ranks } = distinctRanks(column)
  const places = values.length <= sketchPoints ? values.keys() : evenPlaces(ranks)
  const kept = [...places]
  return {
    values: kept.map((place) => values[place] as number),
    ranks: kept.map((place) => Math.round((ranks[place] as number) * rankDigits) / rankDigits),
  }
}

function evenPlaces(ranks: Float64Array): Set<number> {
  const places = new Set([0])
  for (let point = 1; point < sketchPoints - 1; point++)
    places.add(Math.max(0, placeOf(ranks, point / (sketchPoints - 1))))
  return places.add(ranks.length - 1)
}

/** The rank of a value among the source rows, between two known values in proportion, as a share of hardness. */
function rankOf({ values, ranks }: FrozenFeature, value: number, feature: number): number {
  const place = placeOf(values, value)
  const rank = rankAt(values, ranks, value, place)
  return isReversed(feature) ? 1 - rank : rank
}

function rankAt(values: number[], ranks: number[], value: number, place: number): number {
  if (place < 0) return 0
  const low = values[place]!
  if (value === low) return ranks[place]!
  if (place === values.length - 1) return 1
  const share = (value - low) / (values[place + 1]! - low)
  return ranks[place]! + share * (ranks[place + 1]! - ranks[place]!)
}

function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const low = sorted[below] as number
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number
  return low + (at - below) * (high - low)
}
