import type { RecipeSpec, RecipeStage } from '../../schemas/recipe.ts'
import { type Breach, invalid } from '../platform/fault.ts'
import { breachesOfPatterns } from './pattern-rules.ts'

/** Fault `invalid` with every breach of the rules between fields, and every pattern that is none. */
export async function requireSound(spec: RecipeSpec): Promise<void> {
  const errors = [...breachesOfRecipe(spec), ...(await breachesOfPatterns(spec))]
  if (errors.length > 0) throw invalid(`recipe "${spec.name}"`, errors)
}

/** What a schema cannot say: rules between fields. Every breach at once, with pointers into the recipe. */
export function breachesOfRecipe(spec: RecipeSpec): Breach[] {
  return [...spec.stages.flatMap(stageBreaches), ...gateBreaches(spec)]
}

function stageBreaches(stage: RecipeStage, index: number): Breach[] {
  const at = `/stages/${index}`
  const breaches: Breach[] = []
  const breach = (pointer: string, code: string, message: string, remedy: string) =>
    breaches.push({ pointer: `${at}${pointer}`, code, message, remedy })

  const { warmup_steps } = stage.hyperparameters
  if (warmup_steps >= stage.steps) {
    breach(
      '/hyperparameters/warmup_steps',
      'warmup_too_long',
      `warmup_steps ${warmup_steps} is not below steps ${stage.steps}`,
      'Warm up for about 3 % of the steps.',
    )
  }
  if (stage.algorithm === 'grpo') {
    const { epsilon, epsilon_high, rewards } = stage.hyperparameters
    if (epsilon_high !== undefined && epsilon_high < epsilon) {
      breach(
        '/hyperparameters/epsilon_high',
        'clip_range',
        `epsilon_high ${epsilon_high} is below epsilon ${epsilon}`,
        'Give epsilon_high >= epsilon, for example 0.28 for 0.2.',
      )
    }
    if (rewards.every((reward) => reward.weight === 0)) {
      breach(
        '/hyperparameters/rewards',
        'no_signal',
        'every reward has weight 0',
        'Give at least one reward a weight other than 0.',
      )
    }
  }
  return breaches
}

function gateBreaches(spec: RecipeSpec): Breach[] {
  if (spec.gate.some((rule) => rule.type !== 'min_accuracy')) return []
  return [
    {
      pointer: '/gate',
      code: 'no_comparison',
      message: 'no rule compares the candidate with the base model',
      remedy: 'Add a rule of type improvement or no_regression: no model replaces another without beating it.',
    },
  ]
}
