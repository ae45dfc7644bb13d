import * as z from 'zod'
import { Comparison } from './evaluation.ts'
import { GateDecision } from './gate.ts'
import { JobId, Name, Profile, Sha256, Timestamp } from './primitives.ts'

/** A base model that recipes can name. `digest` is the SHA-256 of its MANIFEST.json, which lists its files. */
export const BaseModel = z.strictObject({
  id: z.string(),
  uri: z.string(),
  digest: Sha256,
  label: z.string(),
  context_length: z.int().min(1).describe('tokens'),
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

export type BaseModel = z.infer<typeof BaseModel>
export type ModelVersion = z.infer<typeof ModelVersion>
export type Alias = z.infer<typeof Alias>
export type Model = z.infer<typeof Model>
