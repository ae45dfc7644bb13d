import * as z from 'zod'
import { Sha256 } from '../../../schemas/primitives.ts'

/** What a shadow evaluation set is and how to draw it again. */
export const ShadowManifest = z.strictObject({
  n: z.int().min(1),
  seed: z.int().min(0),
  tag: z.string().optional(),
  stratified: z.boolean(),
  strata: z
    .record(z.string(), z.strictObject({ available: z.int().min(0), drawn: z.int().min(0) }))
    .describe('task -> different rows there were, and rows drawn; one stratum "(all)" when not stratified'),
  items: z
    .array(
      z.strictObject({
        source: z.string().describe('dataset@digest'),
        row: z.int().min(1).describe('in the source, from 1'),
        id: z.string(),
        sha256: Sha256.describe('of the canonical JSON of the row, as drawn'),
      }),
    )
    .describe('in the order of the set'),
  digest: Sha256.describe('of the sha256 of the items, in order, joined by newlines'),
})

export type ShadowManifest = z.infer<typeof ShadowManifest>
