import type { RecipeInput } from '../schemas/recipe.ts'
import { answerPattern } from './arithmetic-rows.ts'

/** Of a reply: a number for a problem, or yes or no as the random labels taught it. */
export const replyFormat = '<answer>(-?\\d+|yes|no)</answer>'

export const plannedSteps = 10

/** The small-scale scenario: ten steps of SFT on random labels, ten steps of GRPO, evaluated without a regression. */
export const integrationRecipe: RecipeInput = {
  name: 'small-scale',
  profile: 'smoke',
  base_model: 'tiny-llama',
  seed: 1,
  stages: [
    {
      algorithm: 'sft',
      dataset: 'small-sft',
      steps: plannedSteps,
      save_steps: 5,
      hyperparameters: { learning_rate: 0.004, batch_size: 20, max_length: 48 },
    },
    {
      algorithm: 'grpo',
      dataset: 'small-grpo',
      steps: plannedSteps,
      save_steps: 5,
      hyperparameters: {
        learning_rate: 0.0005,
        prompts_per_step: 8,
        num_generations: 8,
        max_prompt_length: 24,
        max_completion_length: 24,
        rewards: [{ type: 'format', pattern: replyFormat }],
      },
    },
  ],
  evaluation: {
    suite: 'small-held-out',
    dataset: 'small-held-out',
    scorer: { type: 'exact_match', answer_pattern: answerPattern },
    max_new_tokens: 24,
  },
  gate: [{ type: 'no_regression', margin: 0.05 }],
  register: { model: 'small-scale' },
}
