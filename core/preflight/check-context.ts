import type { Check } from '../../schemas/preflight.ts'
import type { RecipeSpec, RecipeStage } from '../../schemas/recipe.ts'
import { judge } from './check.ts'

/** Do the lengths the recipe allows fit the base model's context? Prompts of evaluation items come on top of `max_new_tokens`. */
export function checkContext(spec: RecipeSpec, contextLength: number): Check[] {
  const fits = (subject: string, tokens: number, remedy: string) =>
    judge(tokens <= contextLength, {
      name: 'context_length',
      subject,
      value: tokens,
      threshold: `<= ${contextLength} tokens, the context of ${spec.base_model}`,
      message: `up to ${tokens} tokens`,
      remedy,
    })
  return [
    ...spec.stages.map((stage, index) =>
      fits(`stages/${index} (${stage.algorithm})`, longestSequence(stage), `Lower ${lengthKeys(stage)}.`),
    ),
    fits('evaluation', spec.evaluation.max_new_tokens + 1, 'Lower evaluation.max_new_tokens.'),
  ]
}

function longestSequence({ algorithm, hyperparameters }: RecipeStage): number {
  if (algorithm === 'grpo') return hyperparameters.max_prompt_length + hyperparameters.max_completion_length
  return hyperparameters.max_length
}

function lengthKeys({ algorithm }: RecipeStage): string {
  return algorithm === 'grpo' ? 'max_prompt_length or max_completion_length' : 'max_length'
}
