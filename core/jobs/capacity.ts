import type { RecipeSpec } from '../../schemas/recipe.ts'
import type { AttemptEnd, Capacity } from '../../schemas/steps.ts'

export interface PastAttempt {
  capacity?: Capacity | undefined
  ended_by?: AttemptEnd | undefined
}

const reclaimsBeforeOnDemand = 2

/**
 * What the next attempt runs on, after these: on demand once spot hosts were reclaimed twice, or none was to be had; then for good,
 * because what was paid for so far is lost with every reclaim. Pure.
 */
export function capacityFor(wanted: RecipeSpec['resources']['capacity'], past: readonly PastAttempt[]): Capacity {
  if (wanted === 'on_demand' || past.some((attempt) => attempt.capacity === 'on_demand')) return 'on_demand'
  const reclaims = past.filter((attempt) => attempt.ended_by === 'reclaimed').length
  const missing = past.some((attempt) => attempt.ended_by === 'no_capacity')
  return missing || reclaims >= reclaimsBeforeOnDemand ? 'on_demand' : 'spot'
}
