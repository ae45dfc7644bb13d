import * as z from 'zod'
import { Pattern } from './primitives.ts'

/** Names follow TRL and PEFT, so that a recipe reads the same in their documentation. */
export const LoraConfig = z.strictObject({
  r: z.int().min(1).max(256).default(8).describe('rank'),
  lora_alpha: z.number().positive().max(1e6).default(16).describe('the update is scaled by lora_alpha / r'),
  target_modules: z
    .array(z.enum(['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']))
    .min(1)
    .default(['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']),
})

const optimizer = {
  learning_rate: z.number().positive().max(1),
  lr_scheduler_type: z.enum(['constant', 'linear', 'cosine']).default('constant'),
  warmup_steps: z.int().min(0).default(0),
  weight_decay: z.number().min(0).max(1).default(0),
  max_grad_norm: z.number().positive().max(1e6).default(1),
  lora: LoraConfig.prefault({}),
}

export const SftHyperparameters = z.strictObject({
  ...optimizer,
  batch_size: z.int().min(1).max(4096).describe('sequences per optimizer step'),
  max_length: z.int().min(8).max(131_072).describe('tokens; a longer completion is cut, a longer prompt is refused'),
  completion_only_loss: z.boolean().default(true),
})

export const DpoHyperparameters = z.strictObject({
  ...optimizer,
  batch_size: z.int().min(1).max(4096).describe('pairs per optimizer step'),
  max_length: z.int().min(8).max(131_072),
  beta: z.number().positive().default(0.1),
  label_smoothing: z.number().min(0).max(0.5).default(0),
})

/** `format` scores its weight when the whole response matches; `exact_match` when the last captured answer equals the row's. */
export const Reward = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('format'), pattern: Pattern, weight: z.number().default(1) }),
  z.strictObject({ type: z.literal('exact_match'), answer_pattern: Pattern, weight: z.number().default(1) }),
])

export const GrpoHyperparameters = z.strictObject({
  ...optimizer,
  prompts_per_step: z.int().min(1).max(4096),
  num_generations: z.int().min(2).max(256).describe('completions per prompt (the group)'),
  max_completion_length: z.int().min(1).max(131_072),
  max_prompt_length: z.int().min(1).max(131_072),
  temperature: z.number().positive().max(10).default(1),
  beta: z.number().min(0).default(0.04).describe('weight of the k3 KL to the reference'),
  epsilon: z.number().positive().max(1).default(0.2).describe('clip range'),
  epsilon_high: z.number().positive().max(10).optional().describe('upper clip range; epsilon when absent'),
  num_iterations: z.int().min(1).max(16).default(1).describe('optimizer steps per batch of completions'),
  loss_type: z
    .enum(['grpo', 'dapo'])
    .default('grpo')
    .describe('grpo: mean per sequence then over sequences; dapo: over tokens'),
  scale_rewards: z.enum(['group', 'none']).default('group'),
  rewards: z.array(Reward).min(1),
})
export type SftHyperparameters = z.infer<typeof SftHyperparameters>
export type DpoHyperparameters = z.infer<typeof DpoHyperparameters>
export type GrpoHyperparameters = z.infer<typeof GrpoHyperparameters>
export type Reward = z.infer<typeof Reward>
