import type { Check } from '../../schemas/preflight.ts'
import type { RecipeSpec } from '../../schemas/recipe.ts'
import type { ComputeDefinition } from '../platform/ports.ts'
import { judge } from './check.ts'

/** The worst case of training against the budget: every attempt of every stage runs to its time limit. Nothing without a budget. */
export function checkBudget({ budget, stages, resources }: RecipeSpec, { usdPerHour }: ComputeDefinition): Check[] {
  if (!budget) return []
  const perAttempt = ((usdPerHour ?? Number.NaN) * resources.timeout_seconds) / 3600
  const expected = stages.length * perAttempt
  const worst = stages.reduce((total, stage) => total + stage.max_attempts * perAttempt, 0)
  const known = Number.isFinite(worst)
  return [
    judge(worst <= budget.max_usd, {
      name: 'budget',
      subject: resources.definition,
      value: known ? Number(worst.toFixed(2)) : null,
      threshold: `<= ${budget.max_usd} USD`,
      message: known
        ? `at most ${usd(worst)} when every attempt runs to its time limit, ${usd(expected)} with one attempt of each stage; at ${usdPerHour} USD an hour`
        : 'the price of the definition is not known',
      remedy: known
        ? 'Lower max_attempts or resources.timeout_seconds, use a cheaper definition, or raise budget.max_usd.'
        : `Give trainer ${resources.definition} its usdPerHour in the CDK context and deploy (tag sluice:usd-per-hour).`,
    }),
  ]
}

function usd(amount: number): string {
  return `${amount.toFixed(2)} USD`
}
