import type { Check } from '../../schemas/preflight.ts'
import type { RecipeSpec } from '../../schemas/recipe.ts'
import { judge } from './check.ts'
import { penaltySelfTest } from './overclar-penalty.ts'

/** Does the over-clarification penalty give what the requirement fixes for its cases? Nothing where the penalty is off: a guard says so. */
export function checkPenalty({ guards, profile }: RecipeSpec): Check[] {
  if (!guards?.use_overclar_penalty) return []
  const { alpha, cap } = guards.overclar_penalty
  const cases = penaltySelfTest({ use_overclar_penalty: true, alpha, cap })
  const wrong = cases.filter(({ ok }) => !ok)
  return [
    judge(
      cases.length > 0 && wrong.length === 0,
      {
        name: 'overclar_penalty',
        subject: 'guards/overclar_penalty',
        value: cases.length - wrong.length,
        threshold: `all ${cases.length} cases`,
        message: `alpha ${alpha}, cap ${cap}: ${cases.length - wrong.length} of ${cases.length} cases as required`,
        remedy: 'Set alpha 0.07 and cap 3.',
        evidence: wrong.map(({ name, expected, got }) => `${name}: ${got}, not ${expected}`),
      },
      profile === 'prod' ? 'fail' : 'warn',
    ),
  ]
}
