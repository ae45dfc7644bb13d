import type { ShadowStatistics } from '../../../schemas/shadow-run.ts'
import { improvementPct } from './improvement.ts'
import { kendallTauB, spearman } from './rank-correlation.ts'
import { spearmanInterval } from './rank-interval.ts'
import { type ScoredItem, topOverlap } from './top-overlap.ts'

/** An item with the mean of its scores by each scorer. */
export interface ShadowItem extends ScoredItem {
  task: string
  success: boolean
}

/** Every measure of these items; null for what cannot be computed. */
export function shadowStatistics(items: readonly ShadowItem[]): ShadowStatistics {
  const { old, now, success } = columnsOf(items)
  const rho = spearman(old, now)
  const corrOld = spearman(old, success)
  const corrNew = spearman(now, success)
  return {
    n: items.length,
    spearman: rho,
    spearman_ci: spearmanInterval(rho, items.length),
    kendall_tau: kendallTauB(old, now),
    top10_overlap: topOverlap(items, 10),
    top20_overlap: topOverlap(items, 20),
    corr_to_success_old: corrOld,
    corr_to_success_new: corrNew,
    corr_improve_pct: improvementPct(corrOld, corrNew),
  }
}

/** The two scores and success (1 or 0), item by item. */
export function columnsOf(items: readonly ShadowItem[]): { old: number[]; now: number[]; success: number[] } {
  return {
    old: items.map((item) => item.old),
    now: items.map((item) => item.new),
    success: items.map((item) => (item.success ? 1 : 0)),
  }
}
