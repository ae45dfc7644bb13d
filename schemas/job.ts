import * as z from 'zod'
import { DatasetReference } from './dataset-reference.ts'
import { Health } from './diagnostics.ts'
import { Comparison } from './evaluation.ts'
import { GateDecision } from './gate.ts'
import { Algorithm, JobId, MetricValue, Name, Profile, Sha256, Timestamp } from './primitives.ts'
import { AttemptEnd, Capacity } from './steps.ts'

export const JobStatus = z.enum([
  'submitted',
  'validating',
  'queued',
  'running',
  'evaluating',
  'gating',
  'succeeded',
  'failed',
  'refused',
  'cancelled',
])
export const terminalStatuses = ['succeeded', 'failed', 'refused', 'cancelled'] as const satisfies z.infer<
  typeof JobStatus
>[]

/** Why a record is as it is: data, not prose to be parsed. */
export const Reason = z.strictObject({
  code: z.string(),
  message: z.string(),
  stage: z.int().optional(),
  evidence: z.array(z.string()).default([]),
})

const ComputeStatus = z.enum(['submitted', 'runnable', 'starting', 'running', 'succeeded', 'failed'])

export const Attempt = z.strictObject({
  number: z.int().min(1),
  status: z.enum(['prepared', 'succeeded', 'failed', 'preempted']),
  compute_job: z.string(),
  resumed_from_step: z.int().min(0),
  exit_code: z.int().nullable(),
  reason: z.string().optional(),
  capacity: Capacity.optional().describe('spot when absent'),
  ended_by: AttemptEnd.optional(),
  stopped_by: z
    .strictObject({ anomaly: z.string(), step: z.int().min(0) })
    .optional()
    .describe('the finding that ended it; its checkpoints from that step on are not resumed from'),
  compute: z
    .strictObject({
      id: z.string().describe("the compute service's own id"),
      status: ComputeStatus,
      waits_for: z.string().optional().describe('why no container runs yet, in the words of the compute service'),
      running_at: Timestamp.optional().describe('when its container started'),
    })
    .optional()
    .describe('what was last seen of its compute job'),
  started_at: Timestamp,
  ended_at: Timestamp.optional(),
})

export const Stage = z.strictObject({
  index: z.int().min(0),
  algorithm: Algorithm,
  status: z.enum(['pending', 'running', 'succeeded', 'failed']),
  planned_steps: z.int().min(1),
  attempts: z.array(Attempt),
  artifact: z.strictObject({ key: z.string(), manifest_digest: Sha256 }).optional(),
})

const PinnedDataset = z.strictObject({ name: Name, digest: Sha256, rows: z.int().min(1) })

/**
 * training: trains, evaluates, registers. evaluation: evaluates a registered model version anew, and registers nothing. preflight: both
 * rounds of checks and no compute.
 */
export const JobKind = z.enum(['training', 'evaluation', 'preflight'])

const ModelVersionRef = z.strictObject({
  name: Name,
  version: z.int().min(1),
  artifact: z.strictObject({ key: z.string(), manifest_digest: Sha256 }),
})

export const Job = z.strictObject({
  id: JobId,
  kind: JobKind.optional().describe('training when absent'),
  status: JobStatus,
  run: z.int().min(1).describe('1, and one more for each resume'),
  reason: Reason.optional(),
  profile: Profile,
  recipe: z.strictObject({ name: Name, version: z.int().min(1), digest: Sha256 }),
  base_model: z.strictObject({ id: z.string(), digest: Sha256 }),
  datasets: z
    .strictObject({ stages: z.array(PinnedDataset), evaluation: PinnedDataset })
    .describe('stages: one per stage of the recipe, in order; of an evaluation what its model was trained on'),
  stages: z.array(Stage).describe('none in an evaluation'),
  evaluates: ModelVersionRef.optional().describe('of an evaluation: the model version, pinned when it was submitted'),
  evaluations: z.array(z.string()).optional().describe('the evaluations it waits for, once they are planned'),
  health: Health.optional().describe('of what the diagnostic rules found so far; absent while they found nothing'),
  findings: z.array(z.string()).max(200).optional().describe('ids of the findings with their severity, oldest first'),
  labels: z.record(z.string(), z.string()),
  cloned_from: JobId.optional(),
  created_at: Timestamp,
  updated_at: Timestamp,
  finished_at: Timestamp.optional(),
  error_message: z.string().optional(),
  comparison: Comparison.optional(),
  gate: GateDecision.optional(),
  model: z.strictObject({ name: Name, version: z.int().min(1), alias: Name.optional() }).optional(),
})

/** A stage as a viewer wants it: with the newest step and values. */
export const StageProgress = Stage.extend({
  step: z.int().min(0),
  latest: z.record(z.string(), MetricValue),
})
export const JobView = Job.extend({ stages: z.array(StageProgress) })

/** Exactly one of `recipe` (train) and `evaluate` (evaluate a registered model version). */
export const SubmitJob = z
  .strictObject({
    recipe: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9._-]{0,62}(@[1-9][0-9]{0,8})?$/,
        'must be a recipe name, optionally followed by @ and a version number',
      )
      .optional(),
    evaluate: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9._-]{0,62}@[a-z0-9][a-z0-9._-]{0,62}$/,
        'must be a model name, followed by @ and a version number or an alias',
      )
      .optional()
      .describe('model@version or model@alias: evaluate it with its own recipe instead of training'),
    preflight_only: z.boolean().optional().describe('both rounds of checks, no ticket, no compute'),
    datasets: z
      .record(Name, DatasetReference)
      .default({})
      .describe('which version to use for a dataset the recipe names; the newest when absent'),
    labels: z.record(z.string().min(1).max(64), z.string().max(256)).default({}),
  })
  .refine(({ recipe, evaluate }) => (recipe === undefined) !== (evaluate === undefined), {
    path: ['recipe'],
    message: 'give exactly one of `recipe` (to train) and `evaluate` (to evaluate a registered model version)',
  })
  .refine(({ evaluate, preflight_only }) => !(evaluate !== undefined && preflight_only), {
    path: ['preflight_only'],
    message: 'goes with `recipe`: an evaluation has its own preflight',
  })

export const JobEvent = z.strictObject({
  id: z.string(),
  type: z.string(),
  time: Timestamp,
  status: JobStatus,
  message: z.string(),
  data: z.record(z.string(), z.unknown()),
})

export type JobStatus = z.infer<typeof JobStatus>
export type Reason = z.infer<typeof Reason>
export type Attempt = z.infer<typeof Attempt>
export type Stage = z.infer<typeof Stage>
export type StageProgress = z.infer<typeof StageProgress>
export type Job = z.infer<typeof Job>
export type JobView = z.infer<typeof JobView>
export type SubmitJob = z.infer<typeof SubmitJob>
export type JobEvent = z.infer<typeof JobEvent>
