import * as z from 'zod'
import { GateRule } from './gate.ts'
import { DpoHyperparameters, GrpoHyperparameters, SftHyperparameters } from './hyperparameters.ts'
import { AliasName, Name, Profile, Sha256, Timestamp } from './primitives.ts'
import { Scorer } from './scorer.ts'

/** `name` (the newest version when the job is submitted) or `name@<sha256>`. */
export const DatasetReference = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}(@[0-9a-f]{64})?$/,
    'must be a dataset name, optionally followed by @ and its sha256',
  )

const stage = {
  dataset: DatasetReference,
  steps: z.int().min(1).max(10_000_000).describe('optimizer steps'),
  save_steps: z
    .int()
    .min(-1)
    .default(20)
    .describe('checkpoint every N steps; <= 0 disables checkpoints and is refused in prod'),
  max_attempts: z.int().min(1).max(20).default(5).describe('attempts of this stage, resumes included'),
}

export const RecipeStage = z.discriminatedUnion('algorithm', [
  z.strictObject({ algorithm: z.literal('sft'), ...stage, hyperparameters: SftHyperparameters }),
  z.strictObject({ algorithm: z.literal('dpo'), ...stage, hyperparameters: DpoHyperparameters }),
  z.strictObject({ algorithm: z.literal('grpo'), ...stage, hyperparameters: GrpoHyperparameters }),
])

/** Limits of the preflight checks. Units stand in the names. */
export const PreflightLimits = z.strictObject({
  max_dup_pct: z.number().min(0).max(100).default(2),
  leak_ngram: z.int().min(1).max(32).default(5),
  leak_sim: z.number().gt(0).max(1).default(0.85),
  min_free_gb: z.number().min(0).optional().describe('1 in smoke and 50 in prod when absent'),
})

const Share = z.number().min(0).max(1)

/** The run guards of the requirement's PPO scale configuration; enforced in prod, reported in smoke. */
export const RunGuards = z.strictObject({
  simulate: z.boolean(),
  live_mode: z.boolean(),
  seeds: z.array(z.int().min(0)).min(1),
  target_kl: z.number().positive(),
  use_overclar_penalty: z.boolean(),
  seed_pool: z.string().min(1),
  priority_sampling: z
    .strictObject({
      enable: z.boolean(),
      by_difficulty: z.strictObject({ easy: Share, medium: Share, hard: Share }),
      low_perf_cap: Share,
      seed_ratio_schedule: z.array(z.strictObject({ step: z.int().min(0), ratio: Share })).min(1),
    })
    .optional(),
})

export const RecipeSpec = z.strictObject({
  name: Name,
  description: z.string().max(2000).optional(),
  profile: Profile.default('smoke'),
  base_model: z.string().min(1).max(200).describe('id of a registered base model'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0),
  stages: z.array(RecipeStage).min(1).max(8),
  evaluation: z.strictObject({
    suite: Name.describe('name of the suite; its version is the digest of dataset version, scorer and decoding'),
    dataset: DatasetReference.describe('rows with prompt and answer'),
    scorer: Scorer,
    max_new_tokens: z.int().min(1).max(131_072),
  }),
  gate: z.array(GateRule).min(1).max(16),
  register: z.strictObject({
    model: Name,
    alias: AliasName.optional().describe('moved to the new version when the gate passes'),
  }),
  preflight: PreflightLimits.prefault({}),
  weights: z.record(z.string().min(1), z.number()).optional().describe('reward weights: sum 1, each in [0, 0.5]'),
  guards: RunGuards.optional(),
  resources: z
    .strictObject({
      definition: z.string().min(1).default('tiny-trainer').describe('which trainer: a compute definition'),
      timeout_seconds: z.int().min(60).max(1_209_600).default(3600).describe('per attempt'),
      capacity: z
        .enum(['spot_then_on_demand', 'on_demand'])
        .optional()
        .describe('spot_then_on_demand when absent: on demand once spot was reclaimed twice or not to be had'),
    })
    .prefault({}),
})

/** An immutable, published recipe. */
export const Recipe = z.strictObject({
  name: Name,
  version: z.int().min(1),
  digest: Sha256.describe('of the spec as canonical JSON'),
  created_at: Timestamp,
  spec: RecipeSpec,
})

export type RecipeStage = z.infer<typeof RecipeStage>
export type RecipeSpec = z.infer<typeof RecipeSpec>
/** As people write it: defaults may be left out. */
export type RecipeInput = z.input<typeof RecipeSpec>
export type Recipe = z.infer<typeof Recipe>
export type PreflightLimits = z.infer<typeof PreflightLimits>
