import type { ShadowReport, ShadowRun, ShadowStatistics } from '../../../schemas/shadow-run.ts'

const profiles = {
  default: { spearman: 0.75, top10_overlap: 0.7, corr_improve_pct: 10 },
  release: { spearman: 0.78, top10_overlap: 0.72, corr_improve_pct: 12 },
} as const
const always = { kendall_tau: 0.4, top20_overlap: 0.6 } as const
/** No recipe goes below. */
const floors = { spearman: 0.6, corr_improve_pct: 0 } as const

/** Items below which a correlation says nothing. */
export const minStableItems = 30
/** Share of the set that both scorers must have scored in full. */
export const minScoredShare = 0.95

/** The limits that hold for this run: the profile's, unless the recipe has its own, and never below the floors. */
export function shadowLimits(run: ShadowRun) {
  const { min_spearman, min_top10_overlap, min_corr_improve_pct, profile } = run
  const limits = profiles[profile]
  return {
    ...always,
    spearman: Math.max(floors.spearman, min_spearman ?? limits.spearman),
    top10_overlap: min_top10_overlap ?? limits.top10_overlap,
    corr_improve_pct: Math.max(floors.corr_improve_pct, min_corr_improve_pct ?? limits.corr_improve_pct),
  }
}

/** Computed from the measures, never written as a constant: what is null or not a number is missed. */
export function shadowGate(
  run: ShadowRun,
  measured: ShadowStatistics,
  { rows, scored }: { rows: number; scored: number },
): ShadowReport['gate'] {
  const limits = { ...shadowLimits(run), stable_items: minStableItems, scored_share: minScoredShare }
  const values: Record<keyof typeof limits, number | null> = {
    ...measured,
    stable_items: measured.n,
    scored_share: rows > 0 ? scored / rows : null,
  }
  const missed = Object.entries(limits).flatMap(([name, limit]) => {
    const value = values[name as keyof typeof limits]
    return value !== null && value >= limit ? [] : name
  })
  if (!directionHolds(measured)) missed.push('direction_check')
  return { pass: missed.length === 0, limits, missed }
}

/** A new scorer that ranks failures above successes is refused, whatever it shares with the old one. */
export function directionHolds({ corr_to_success_new }: ShadowStatistics): boolean {
  return corr_to_success_new !== null && corr_to_success_new > 0
}
