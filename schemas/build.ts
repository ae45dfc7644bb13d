import * as z from 'zod'
import { RowFormatName } from './dataset.ts'
import { DatasetReference } from './dataset-reference.ts'
import { Operators } from './operators.ts'
import { Name, Sha256, Timestamp } from './primitives.ts'

export const BuildId = z.string().regex(/^bld-[a-z0-9]{20}$/, 'must be the id of a build')

const common = {
  name: Name.describe('of the dataset that it makes'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0),
  taint: z.array(z.string().min(1).max(100)).max(16).default([]),
}

const Source = z.strictObject({
  dataset: DatasetReference,
  task: z.string().min(1).max(100).optional().describe('of rows that name none'),
})

/** Rows of registered versions through the operators. */
const CleanBuild = z.strictObject({
  ...common,
  kind: z.literal('dataset'),
  sources: z.array(Source).min(1).max(64),
  operators: Operators.prefault({}),
})

/** The requirement's rollout pool: `n` conversations made of questions and templates, shared out over tasks. */
const PoolBuild = z.strictObject({
  ...common,
  kind: z.literal('pool'),
  n: z.int().min(1).max(1_000_000).default(30_000),
  mix: z.record(z.string().min(1), z.number().positive()).describe('task -> share'),
  sources: z.record(z.string().min(1), DatasetReference).describe('task -> questions with answers'),
  templates: DatasetReference.describe('a dataset of templates, see docs/data.md'),
  rows: z
    .enum(['messages', 'answer'])
    .default('messages')
    .describe('whole conversations, or prompts up to the last user message with their answer, which GRPO trains on'),
  decontaminate: z.boolean().default(true).describe('no question that is an item of an evaluation suite is asked'),
  max_turns: z.int().min(1).max(64).default(6),
  clarify_rate: z.number().min(0).max(1).default(0.3),
  tools: z.array(z.string().min(1).max(64)).max(32).default([]),
})

/** The requirement's shadow evaluation set: a seeded sample, stratified by task, which becomes an evaluation suite. */
const ShadowBuild = z.strictObject({
  ...common,
  kind: z.literal('shadow'),
  sources: z.array(Source).min(1).max(64),
  n: z.int().min(1).max(100_000).default(245),
  stratify: z.boolean().default(true),
  tag: z.string().max(100).optional(),
})

export const BuildRequest = z.discriminatedUnion('kind', [CleanBuild, PoolBuild, ShadowBuild])

export const BuildStatus = z.enum(['submitted', 'running', 'succeeded', 'failed', 'cancelled'])

export const BuildProgress = z.strictObject({
  phase: z.string().describe('what is being done'),
  rows: z.int().min(0).describe('read so far'),
  bytes: z.int().min(0),
  bytes_total: z.int().min(0),
})

export const BuildOutput = z.strictObject({ dataset: Name, digest: Sha256, rows: z.int().min(1) })

/** The making of dataset versions. What it makes is visible once it has succeeded, and not before. */
export const Build = z.strictObject({
  id: BuildId,
  status: BuildStatus,
  request: BuildRequest,
  sources: z
    .array(z.strictObject({ dataset: Name, digest: Sha256, rows: z.int(), bytes: z.int(), format: RowFormatName }))
    .describe('as pinned'),
  taint: z.array(z.string()).describe('of what was asked for and of every source'),
  suites: z.array(z.strictObject({ dataset: Name, digest: Sha256 })).describe('evaluation sets, as pinned'),
  outputs: z.array(BuildOutput).default([]),
  dropped: z.int().min(0).optional().describe('rows that are in no output; read them at /v1/builds/{id}/dropped'),
  reason: z.strictObject({ code: z.string(), message: z.string() }).optional().describe('why it failed'),
  created_at: Timestamp,
  updated_at: Timestamp,
  finished_at: Timestamp.optional(),
})

export const BuildView = Build.extend({ progress: BuildProgress.optional() })

/** A row that a build left out, whole. */
export const DroppedRow = z.strictObject({
  source: z.string().describe('dataset@digest'),
  row: z.int().min(1).describe('in the source, from 1'),
  operator: z.string(),
  reason: z.string(),
  detail: z.string().optional(),
  json: z.string().describe('the row as it reached the operator'),
})

export type BuildRequest = z.infer<typeof BuildRequest>
export type DatasetBuildRequest = z.infer<typeof CleanBuild>
export type PoolBuildRequest = z.infer<typeof PoolBuild>
export type ShadowBuildRequest = z.infer<typeof ShadowBuild>
export type Build = z.infer<typeof Build>
export type BuildView = z.infer<typeof BuildView>
export type BuildStatus = z.infer<typeof BuildStatus>
export type BuildProgress = z.infer<typeof BuildProgress>
export type BuildOutput = z.infer<typeof BuildOutput>
export type DroppedRow = z.infer<typeof DroppedRow>
