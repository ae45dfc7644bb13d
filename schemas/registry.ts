import * as z from 'zod'
import { Comparison } from './evaluation.ts'
import { GateDecision } from './gate.ts'
import { JobId, Name, Profile, Sha256, Timestamp, Uri } from './primitives.ts'

/** The size of a decoder-only model: what preflight estimates GPU memory from. */
export const ModelArchitecture = z.strictObject({
  parameters: z.int().min(1).describe('all of them, embeddings included'),
  hidden_size: z.int().min(1),
  layers: z.int().min(1),
  attention_heads: z.int().min(1),
  kv_heads: z.int().min(1),
  head_size: z.int().min(1).exactOptional().describe('hidden_size / attention_heads when absent'),
  intermediate_size: z.int().min(1),
  vocab_size: z.int().min(1),
  dtype: z.enum(['float32', 'bfloat16', 'float16', 'int8', 'nf4']).describe('of the weights while they train'),
})

/** A base model that recipes can name. `digest` is the SHA-256 of its MANIFEST.json, which lists its files. */
export const BaseModel = z.strictObject({
  id: z.string(),
  uri: z.string(),
  digest: Sha256,
  label: z.string(),
  context_length: z.int().min(1).describe('tokens'),
  architecture: ModelArchitecture.exactOptional(),
})

export const RegisterBaseModel = z.strictObject({
  id: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?$/,
      'must be a name like Qwen/Qwen3-0.6B: letters, digits, ".", "_", "-", and at most one "/"',
    ),
  uri: Uri.describe('the folder that holds MANIFEST.json, as trainers open it'),
  digest: Sha256.describe('of its MANIFEST.json'),
  context_length: BaseModel.shape.context_length,
  label: z.string().max(200).default('').describe('for people'),
  architecture: ModelArchitecture.exactOptional().describe(
    'for the estimate of GPU memory; read from its config.json when absent and the model lies in our own bucket',
  ),
  replace: z
    .boolean()
    .default(false)
    .describe('allow another digest under a known id: jobs that pinned the old one will fail'),
})

/** `registered`: from a smoke job. `candidate`: from a prod job whose gate passed, so it may move to production. */
export const ModelState = z.enum(['registered', 'candidate', 'archived'])

export const ModelVersion = z.strictObject({
  name: Name,
  version: z.int().min(1),
  state: ModelState,
  job: JobId,
  profile: Profile,
  recipe: z.strictObject({ name: Name, version: z.int(), digest: Sha256 }),
  base_model: z.strictObject({ id: z.string(), digest: Sha256 }),
  datasets: z.array(z.strictObject({ name: Name, digest: Sha256 })),
  artifact: z.strictObject({ key: z.string(), manifest_digest: Sha256 }),
  evaluation: z.string(),
  comparison: Comparison,
  gate: GateDecision,
  created_at: Timestamp,
})

export const Alias = z.strictObject({
  model: Name,
  alias: Name,
  version: z.int().min(1),
  previous: z.int().min(1).nullable(),
  reason: z.string(),
  moved_at: Timestamp,
})

export const Model = z.strictObject({ name: Name, versions: z.array(ModelVersion), aliases: z.array(Alias) })

export const MoveAlias = z.strictObject({
  version: z.int().min(1),
  from: z
    .int()
    .min(1)
    .nullable()
    .optional()
    .describe('refused when the alias points elsewhere by now; null: must not exist yet'),
  rollback: z
    .boolean()
    .default(false)
    .describe('back to the version it pointed at before, which need not beat the present one'),
})

export type ModelArchitecture = z.infer<typeof ModelArchitecture>
export type BaseModel = z.infer<typeof BaseModel>
export type RegisterBaseModel = z.infer<typeof RegisterBaseModel>
export type ModelVersion = z.infer<typeof ModelVersion>
export type Alias = z.infer<typeof Alias>
export type Model = z.infer<typeof Model>
