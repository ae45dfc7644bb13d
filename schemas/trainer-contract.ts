import * as z from 'zod'
import { DpoHyperparameters, GrpoHyperparameters, SftHyperparameters } from './hyperparameters.ts'
import { JobId, MetricValue, Name, Profile, Sha256, Timestamp, Uri } from './primitives.ts'
import { Ticket } from './ticket.ts'

/**
 * The contract between the control plane and any trainer. A trainer is started with two environment variables,
 * SLUICE_SPEC_URI (this spec) and SLUICE_TICKET_PUBLIC_KEY (SPKI PEM), and writes everything under `output_uri`.
 */
export const exitCodes = { done: 0, fenced: 64, badInput: 65, diverged: 70, preempted: 75 } as const

const DatasetRef = z.strictObject({
  name: Name,
  uri: Uri.describe('one JSONL file of canonical rows'),
  digest: Sha256,
  rows: z.int().min(1),
})

const common = {
  contract: z.literal('sluice.trainer/1'),
  job: JobId,
  profile: Profile,
  recipe_digest: Sha256,
  base_model: z.strictObject({ id: z.string(), uri: Uri.describe('a directory'), digest: Sha256 }),
  adapter: z
    .strictObject({ uri: Uri.describe('a `final/` directory'), manifest_uri: Uri })
    .optional()
    .describe('start from this adapter'),
  seed: z.int().min(0),
  output_uri: Uri.describe('ends with a slash'),
  ticket: Ticket,
}

const train = {
  ...common,
  mode: z.literal('train'),
  stage: z.int().min(0),
  attempt: z.int().min(1),
  planned_steps: z.int().min(1),
  save_steps: z.int().min(1).describe('checkpoint every N optimizer steps, and at the end'),
  flush_seconds: z.number().positive().describe('ship a metrics segment at least this often'),
  dataset: DatasetRef,
  resume_from: z
    .strictObject({ uri: Uri.describe('a checkpoint directory that has _COMPLETE'), step: z.int().min(1) })
    .optional(),
}

export const TrainSpec = z.discriminatedUnion('algorithm', [
  z.strictObject({ ...train, algorithm: z.literal('sft'), hyperparameters: SftHyperparameters }),
  z.strictObject({ ...train, algorithm: z.literal('dpo'), hyperparameters: DpoHyperparameters }),
  z.strictObject({ ...train, algorithm: z.literal('grpo'), hyperparameters: GrpoHyperparameters }),
])

/** Greedy when temperature is 0. Writes `responses-00000.jsonl` and then `manifest.json` under `output_uri`. */
export const GenerateSpec = z.strictObject({
  ...common,
  mode: z.literal('generate'),
  evaluation: z.string().min(1),
  dataset: DatasetRef,
  max_new_tokens: z.int().min(1),
  temperature: z.number().min(0),
})

export const TrainerSpec = z.union([TrainSpec, GenerateSpec])

/** One line of `metrics/{seq:8 digits}.jsonl`. Segments are whole files, renamed into place, numbered without gaps from 0. */
export const MetricLine = z.strictObject({
  step: z.int().min(0),
  ts: Timestamp,
  data: z.record(z.string(), MetricValue),
})

/** `status.json`, replaced atomically. Names from the requirement's sidecar file. */
export const TrainerStatus = z.strictObject({
  job_id: JobId,
  status: z.enum(['starting', 'running', 'saving', 'completed', 'preempted', 'failed']),
  current_step: z.int().min(0),
  total_steps: z.int().min(0),
  updated_at: Timestamp,
  anomaly_detected: z.boolean(),
  anomaly_reason: z.string().nullable(),
  latest_metrics: z.record(z.string(), MetricValue),
})

const FileDigests = z.record(z.string(), z.strictObject({ sha256: Sha256, size: z.int().min(0) }))

/** `checkpoints/step_{N}/_COMPLETE`, written after every file it lists. */
export const CheckpointMarker = z.strictObject({ step: z.int().min(1), files: FileDigests })

/** `manifest.json`, written last. `files` are relative to `output_uri`. */
export const TrainManifest = z.strictObject({
  contract: z.literal('sluice.trainer/1'),
  mode: z.literal('train'),
  job: JobId,
  stage: z.int().min(0),
  attempt: z.int().min(1),
  algorithm: z.string(),
  framework: z.string(),
  framework_version: z.string(),
  base_model: z.strictObject({ id: z.string(), digest: Sha256 }),
  recipe_digest: Sha256,
  dataset_digest: Sha256,
  resumed_from_step: z.int().min(0),
  global_step: z.int().min(0),
  files: FileDigests,
})

export const GenerateManifest = z.strictObject({
  contract: z.literal('sluice.trainer/1'),
  mode: z.literal('generate'),
  job: JobId,
  evaluation: z.string(),
  framework: z.string(),
  framework_version: z.string(),
  base_model: z.strictObject({ id: z.string(), digest: Sha256 }),
  dataset_digest: Sha256,
  items: z.int().min(0),
  chat_template_digest: Sha256,
  files: FileDigests,
})

/** One line of `responses-00000.jsonl`, in dataset order. `index` is the row's place in the dataset file, from 0. */
export const ResponseLine = z.strictObject({
  index: z.int().min(0),
  response: z.string(),
  finish_reason: z.enum(['stop', 'length']),
  prompt_tokens: z.int().min(0),
  completion_tokens: z.int().min(0),
})

export type TrainSpec = z.infer<typeof TrainSpec>
export type GenerateSpec = z.infer<typeof GenerateSpec>
export type TrainerSpec = z.infer<typeof TrainerSpec>
export type MetricLine = z.infer<typeof MetricLine>
export type TrainerStatus = z.infer<typeof TrainerStatus>
export type CheckpointMarker = z.infer<typeof CheckpointMarker>
export type TrainManifest = z.infer<typeof TrainManifest>
export type GenerateManifest = z.infer<typeof GenerateManifest>
export type ResponseLine = z.infer<typeof ResponseLine>
