import * as z from 'zod'
import { Sha256, Timestamp } from './primitives.ts'

/** What became of a file that was dropped under `drops/{dataset}/`. It also lies beside the file, as `<file>.report.json`. */
export const DropReport = z.strictObject({
  key: z.string().describe('of the dropped object'),
  etag: z.string().describe('which write of the object this is about'),
  modified_at: Timestamp.describe('of the object'),
  status: z.enum(['accepted', 'refused']),
  dataset: z.string(),
  digest: Sha256.optional().describe('of the dataset version, when accepted'),
  rows: z.int().min(1).optional(),
  source_sha256: Sha256.optional().describe('of the file, when it was read'),
  message: z.string().describe('the outcome in one sentence; of a refusal with the number of bad rows'),
  errors: z
    .array(z.strictObject({ pointer: z.string(), code: z.string(), message: z.string(), remedy: z.string() }))
    .describe('the first 100 problems; `/lines/3/prompt` is on line 3'),
  at: Timestamp,
})

export type DropReport = z.infer<typeof DropReport>
