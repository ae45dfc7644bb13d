import * as z from 'zod'
import { DatasetReference } from './dataset-reference.ts'
import { DiagnosticsConfig } from './diagnostics.ts'
import { GateRule } from './gate.ts'
import { DpoHyperparameters, GrpoHyperparameters, SftHyperparameters } from './hyperparameters.ts'
import { AliasName, Name, Profile, Sha256, Timestamp } from './primitives.ts'
import { Scorer } from './scorer.ts'
import { ScorerProbe } from './scorer-probe.ts'
import { ShadowRun } from './shadow-run.ts'
import { VersionRange } from './version-range.ts'

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

const Share = z.number().min(0).max(1)

/** Limits of the preflight checks. Units stand in the names; the numbers are the requirement's. */
export const PreflightLimits = z.strictObject({
  max_dup_pct: z.number().min(0).max(100).default(2).describe('exact and near duplicates, of (prompt, answer)'),
  near_dup_sim: z.number().gt(0.5).max(1).default(0.85).describe('Jaccard similarity on word 5-grams'),
  leak_ngram: z.int().min(1).max(32).default(5),
  leak_sim: z.number().gt(0).max(1).default(0.85),
  pool_gates: z
    .enum(['enforce', 'report'])
    .optional()
    .describe('diversity, length, mix and difficulty: enforced in prod for RL when absent, else a miss is a warning'),
  min_distinct2: Share.default(0.6),
  kl3_min: z.number().min(0).default(0.15).describe('nats; 0 leaves the check out'),
  roles_min: z.int().min(0).default(4),
  styles_min: z.int().min(0).default(3),
  min_len: z.int().min(0).default(64).describe('tokens'),
  max_len: z.int().min(1).default(4096).describe('tokens'),
  mix: z.record(z.string().min(1), z.number().positive()).optional().describe('task -> share, held within 3 points'),
  min_hard_pct: Share.default(0.3),
  max_easy_pct: Share.default(0.3),
  len_max: z.int().min(1).default(3500).describe('tokens, of the difficulty gate'),
  turns_max: z.int().min(1).default(8),
  tool_hops_max: z.int().min(0).default(8),
  clue_overlap_max_easy: Share.default(0.65).describe('mean of the easy rows'),
  clue_overlap_min_hard: Share.default(0.1).describe('mean of the hard rows'),
  min_free_gb: z.number().min(0).optional().describe('1 in smoke and 50 in prod when absent'),
  gpu_memory: z
    .enum(['enforce', 'report'])
    .default('enforce')
    .describe('report: an estimate above the memory of the GPU is a warning'),
  keep_checkpoints: z
    .int()
    .min(1)
    .optional()
    .describe('how many checkpoints of a stage lie on the disk of its trainer at once; all of them when absent'),
  scorer: ScorerProbe.optional().describe('probed live in both rounds'),
  shadow: ShadowRun.optional().describe('old against new scorer, in both rounds'),
})

/** The run guards of the requirement's PPO scale configuration; enforced in prod, reported in smoke. */
export const RunGuards = z.strictObject({
  simulate: z.boolean(),
  live_mode: z.boolean(),
  seeds: z.array(z.int().min(0)).min(1),
  target_kl: z.number().positive(),
  use_overclar_penalty: z.boolean(),
  overclar_penalty: z
    .strictObject({
      alpha: z.number().positive().max(1).default(0.07),
      cap: z.int().min(1).max(100).default(3).describe('clarifying turns that count at most'),
    })
    .prefault({})
    .describe('alpha * min(c, cap) is subtracted before rewards are aggregated'),
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
  diagnostics: DiagnosticsConfig.optional().describe(
    'rules that watch the metrics; every rule with its default when absent',
  ),
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
      environment: z
        .record(z.string().min(1).max(100), VersionRange)
        .optional()
        .describe('package -> version that the definition must have, for example torch: ">=2.3,<3"'),
    })
    .prefault({}),
  budget: z
    .strictObject({
      max_usd: z.number().positive().describe('for every attempt of every stage, each to its time limit'),
    })
    .optional(),
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
