import * as z from 'zod'
import { Name, Sha256, Timestamp } from './primitives.ts'
import { rowFormats } from './rows.ts'

export const RowFormatName = z.enum(
  Object.keys(rowFormats) as [keyof typeof rowFormats, ...(keyof typeof rowFormats)[]],
)

/** An immutable snapshot of canonical rows. */
export const DatasetVersion = z.strictObject({
  name: Name,
  digest: Sha256.describe('of the stored file of canonical rows'),
  rows: z.int().min(1),
  bytes: z.int().min(1),
  format: RowFormatName,
  source_sha256: Sha256.describe('of the uploaded file as it came'),
  taint: z.array(z.string()).describe('why this version may never feed a prod job'),
  created_at: Timestamp,
})

export const Dataset = z.strictObject({ name: Name, latest: Sha256, updated_at: Timestamp })

export const Upload = z.strictObject({
  upload: z.string(),
  url: z.string().describe('PUT the file here'),
  expires_at: Timestamp,
})

export const RegisterDataset = z.strictObject({
  upload: z.string().regex(/^upl-[a-z0-9]{20}$/, 'must be the id that POST /v1/uploads returned'),
  format: RowFormatName.optional().describe('detected from the first row when absent'),
  sha256: Sha256.optional().describe('of the file; the upload is refused when it differs'),
  taint: z.array(z.string().min(1).max(100)).max(16).default([]),
})

export type DatasetVersion = z.infer<typeof DatasetVersion>
export type Dataset = z.infer<typeof Dataset>
export type RowFormatName = z.infer<typeof RowFormatName>
export type RegisterDataset = z.infer<typeof RegisterDataset>
export type Upload = z.infer<typeof Upload>
