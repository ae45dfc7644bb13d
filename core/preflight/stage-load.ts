import type { RecipeStage } from '../../schemas/recipe.ts'
import type { ModelArchitecture } from '../../schemas/registry.ts'
import type { TrainingLoad } from './gpu-memory.ts'
import { loraParameters } from './model-size.ts'

/**
 * What a stage asks of one GPU. `atOnce` counts what the trainer takes through the model at a time: sequences, pairs or completions. A
 * trainer that accumulates gradients takes fewer than a whole batch.
 */
export function stageLoad(
  stage: RecipeStage,
  model: ModelArchitecture,
  { atOnce, shards }: { atOnce: number; shards: number },
): TrainingLoad {
  const load = { trainable: loraParameters(model, stage.hyperparameters.lora), shards }
  // The reference model of DPO and GRPO is the same weights without the adapter.
  if (stage.algorithm === 'dpo') return { ...load, sequences: 2 * atOnce, tokens: stage.hyperparameters.max_length }
  if (stage.algorithm === 'sft') return { ...load, sequences: atOnce, tokens: stage.hyperparameters.max_length }
  const { max_prompt_length, max_completion_length, num_generations } = stage.hyperparameters
  const tokens = max_prompt_length + max_completion_length
  return { ...load, sequences: atOnce, tokens, rollout: { sequences: num_generations, tokens } }
}

/** Sequences, pairs or completions of one optimizer step, on each of `gpus`. */
export function wholeBatch({ algorithm, hyperparameters }: RecipeStage, gpus: number): number {
  const all =
    algorithm === 'grpo'
      ? hyperparameters.prompts_per_step * hyperparameters.num_generations
      : hyperparameters.batch_size
  return Math.ceil(all / Math.max(1, gpus))
}
