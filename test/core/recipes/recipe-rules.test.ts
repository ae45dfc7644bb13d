import { describe, expect, it } from 'vitest'
import { breachesOfRecipe, requireSound } from '../../../core/recipes/recipe-rules.ts'
import { type RecipeInput, RecipeSpec } from '../../../schemas/recipe.ts'
import { sampleRecipe } from '../../support/sample-project.ts'

const breaches = (change: Partial<RecipeInput>) =>
  breachesOfRecipe(RecipeSpec.parse(sampleRecipe(change))).map(({ pointer, code }) => [pointer, code])

/** The sample's GRPO stage alone, with other hyperparameters. */
function grpo(change: object, steps = 4): Partial<RecipeInput> {
  const [, stage] = sampleRecipe().stages
  return {
    stages: [
      { ...stage, steps, hyperparameters: { ...stage?.hyperparameters, ...change } } as RecipeInput['stages'][number],
    ],
  }
}
const reward = (change: object) => ({ type: 'format', pattern: '.*', ...change })

describe('a recipe', () => {
  it('without contradictions is accepted', () => {
    expect(breaches({})).toEqual([])
    expect(breaches(grpo({ epsilon: 0.2, epsilon_high: 0.2, warmup_steps: 3 }))).toEqual([])
    expect(breaches({ gate: [{ type: 'min_accuracy', value: 0.5 }, { type: 'no_regression' }] })).toEqual([])
  })

  it.each<[Partial<RecipeInput>, string, string]>([
    [grpo({ warmup_steps: 4 }), '/stages/0/hyperparameters/warmup_steps', 'warmup_too_long'],
    [grpo({ epsilon: 0.2, epsilon_high: 0.19 }), '/stages/0/hyperparameters/epsilon_high', 'clip_range'],
    [grpo({ rewards: [reward({ weight: 0 })] }), '/stages/0/hyperparameters/rewards', 'no_signal'],
    [{ gate: [{ type: 'min_accuracy', value: 0.5 }] }, '/gate', 'no_comparison'],
  ])('with a contradiction is refused, and the place is named: %#', (change, pointer, code) => {
    expect(breaches(change)).toEqual([[pointer, code]])
  })

  it('with several hears of all of them, each with a remedy', () => {
    const change = {
      ...grpo({ warmup_steps: 9, rewards: [reward({ weight: 0 })] }),
      gate: [{ type: 'min_accuracy' as const, value: 0 }],
    }
    const found = breachesOfRecipe(RecipeSpec.parse(sampleRecipe(change)))
    expect(found).toHaveLength(3)
    for (const { remedy } of found) expect(remedy).toMatch(/\.$/)
  })

  it('with patterns that are not RE2 hears of each, by its place, beside everything else', async () => {
    const rewards = [reward({ pattern: '(?=a)' }), { type: 'exact_match', answer_pattern: '(a)\\1' }]
    const change = { ...grpo({ rewards }), gate: [{ type: 'min_accuracy' as const, value: 0.5 }] }
    const spec = RecipeSpec.parse(sampleRecipe(change))
    spec.evaluation.scorer.answer_pattern = '('
    await expect(requireSound(spec)).rejects.toMatchObject({
      code: 'invalid',
      errors: [
        { pointer: '/gate' },
        { pointer: '/stages/0/hyperparameters/rewards/0/pattern', code: 'bad_pattern' },
        { pointer: '/stages/0/hyperparameters/rewards/1/answer_pattern', code: 'bad_pattern' },
        { pointer: '/evaluation/scorer/answer_pattern', code: 'bad_pattern' },
      ],
    })
  })

  it.each(['', 'x'.repeat(501)])('with a pattern of %j is refused when it is parsed', (pattern) => {
    expect(RecipeSpec.safeParse(sampleRecipe(grpo({ rewards: [reward({ pattern })] }))).success).toBe(false)
  })
})
