import type { RecipeSpec } from '../../schemas/recipe.ts'
import type { Breach } from '../platform/fault.ts'

/** Every pattern of the recipe that is not RE2's syntax, with a pointer into the recipe. */
export async function breachesOfPatterns(spec: RecipeSpec): Promise<Breach[]> {
  const patterns = patternsOf(spec)
  if (patterns.length === 0) return []
  // Loaded on first use: it would be two fifths of the API's cold start, and only a new recipe needs it.
  const { compilePattern } = await import('../../schemas/pattern.ts')
  return patterns.flatMap(({ pointer, source }) => {
    try {
      compilePattern(source)
      return []
    } catch (error) {
      return [
        {
          pointer,
          code: 'bad_pattern',
          message: `is not a regular expression in RE2's syntax: ${(error as Error).message}`,
          remedy: 'Write it in RE2 syntax, which has no look-around and no back-references.',
        },
      ]
    }
  })
}

function patternsOf(spec: RecipeSpec): { pointer: string; source: string }[] {
  const rewards = spec.stages.flatMap((stage, index) => {
    if (stage.algorithm !== 'grpo') return []
    return stage.hyperparameters.rewards.map((reward, place) => {
      const at = `/stages/${index}/hyperparameters/rewards/${place}`
      return reward.type === 'format'
        ? { pointer: `${at}/pattern`, source: reward.pattern }
        : { pointer: `${at}/answer_pattern`, source: reward.answer_pattern }
    })
  })
  const { answer_pattern } = spec.evaluation.scorer
  if (answer_pattern === undefined) return rewards
  return [...rewards, { pointer: '/evaluation/scorer/answer_pattern', source: answer_pattern }]
}
