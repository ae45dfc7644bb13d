import type { RecipeInput } from '../../schemas/recipe.ts'
import { answerFormat, answerPattern, arithmeticRows } from '../../scripts/arithmetic-rows.ts'

/** A small project: training and evaluation rows and a two-stage recipe for them. */
export const sft = arithmeticRows(1)
  .training.slice(0, 40)
  .map((row) => ({ prompt: row.prompt, completion: `<answer>${row.answer}</answer>` }))
export const prompts = arithmeticRows(1)
  .training.slice(40, 80)
  .map(({ prompt, answer }) => ({ prompt, answer }))
export const suite = arithmeticRows(1)
  .heldOut.slice(0, 30)
  .map(({ prompt, answer }) => ({ prompt, answer }))

export const jsonl = (rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

export function sampleRecipe(change: Partial<RecipeInput> = {}): RecipeInput {
  return {
    name: 'sample',
    base_model: 'tiny-llama',
    seed: 1,
    stages: [
      {
        algorithm: 'sft',
        dataset: 'sample-sft',
        steps: 4,
        save_steps: 2,
        hyperparameters: { learning_rate: 0.001, batch_size: 4, max_length: 48 },
      },
      {
        algorithm: 'grpo',
        dataset: 'sample-prompts',
        steps: 4,
        save_steps: 2,
        hyperparameters: {
          learning_rate: 0.001,
          prompts_per_step: 2,
          num_generations: 2,
          max_prompt_length: 24,
          max_completion_length: 24,
          rewards: [
            { type: 'format', pattern: answerFormat },
            { type: 'exact_match', answer_pattern: answerPattern },
          ],
        },
      },
    ],
    evaluation: {
      suite: 'sample-suite',
      dataset: 'sample-suite',
      scorer: { type: 'exact_match', answer_pattern: answerPattern },
      max_new_tokens: 24,
    },
    gate: [{ type: 'improvement' }],
    register: { model: 'sample-model', alias: 'staging' },
    preflight: { min_free_gb: 0, min_len: 1, pool_gates: 'report' },
    ...change,
  }
}
