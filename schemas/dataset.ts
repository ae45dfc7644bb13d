import * as z from 'zod'
import { FrozenDifficulty } from './difficulty.ts'
import { Distribution, Tally } from './distribution.ts'
import { OperatorReport } from './operator-report.ts'
import { Name, Sha256, Timestamp } from './primitives.ts'
import { rowFormats } from './rows.ts'

export const RowFormatName = z.enum(
  Object.keys(rowFormats) as [keyof typeof rowFormats, ...(keyof typeof rowFormats)[]],
)

/** Where a version comes from: enough to make it again. */
export const Lineage = z.strictObject({
  how: z.enum(['upload', 'drop', 'build']),
  build: z.string().optional().describe('id of the build'),
  sources: z
    .array(
      z.strictObject({
        dataset: Name,
        digest: Sha256,
        role: z.enum(['rows', 'decontaminated_against', 'templates']),
      }),
    )
    .default([]),
  operators: z
    .array(z.strictObject({ operator: z.string(), config_digest: Sha256 }))
    .default([])
    .describe('in the order they ran'),
  seed: z.int().min(0).optional(),
  code_version: z.string().describe('of Sluice'),
})

/** An immutable snapshot of canonical rows. */
export const DatasetVersion = z.strictObject({
  name: Name,
  digest: Sha256.describe('of the stored file of canonical rows'),
  merkle_root: Sha256.describe('of the rows in order, as RFC 6962: a row can be proven to be one of them'),
  rows: z.int().min(1),
  bytes: z.int().min(1),
  format: RowFormatName,
  source_sha256: Sha256.optional().describe('of the file as it came; absent when a build made it'),
  taint: z.array(z.string()).describe('why this version may never feed a prod job'),
  lineage: Lineage,
  created_at: Timestamp,
})

/** What a version looks like: every row was read for it. */
export const DatasetReport = z.strictObject({
  definition: z.literal('sluice.dataset-report/1'),
  rows: z.int().min(0),
  exact_duplicates: z.int().min(0).describe('rows whose text repeats an earlier one, case and white space ignored'),
  columns: z
    .record(z.string(), Distribution)
    .describe('words, tokens_estimated, characters, turns, tool_calls, and more'),
  categories: z.record(z.string(), Tally).describe('task, template, role, style, label'),
  operators: z.array(OperatorReport).default([]).describe('of a build: what each operator did'),
  difficulty: FrozenDifficulty.optional().describe('of a build that measured it: the source pool, frozen'),
  samples: z.array(z.string()).max(5).describe('the first rows as JSON text, shortened'),
})

export const Dataset = z.strictObject({
  name: Name,
  latest: Sha256,
  updated_at: Timestamp,
})

/** Lies beside a version's files and is written last: without it, nothing there is to be trusted. */
export const DatasetManifest = z.strictObject({
  files: z.record(z.string(), z.strictObject({ sha256: Sha256, size: z.int().min(0) })),
  merkle_root: Sha256,
  rows: z.int().min(1),
  format: RowFormatName,
})

/** A row as it is stored. */
export const DatasetRow = z.strictObject({
  row: z.int().min(0).describe('from 0'),
  bytes: z.int().min(2),
  json: z.string().describe('the canonical row, of a row above 64 KiB the beginning'),
  cut: z.boolean().describe('only the beginning'),
})

/** What changed from one version to another. A row with the same `id` and other content is changed. */
export const DatasetDiff = z.strictObject({
  from: z.strictObject({ name: Name, digest: Sha256, rows: z.int() }),
  to: z.strictObject({ name: Name, digest: Sha256, rows: z.int() }),
  added: z.int().min(0),
  removed: z.int().min(0),
  changed: z.int().min(0),
  unchanged: z.int().min(0),
  samples: z.strictObject({
    added: z.array(z.string()).max(10),
    removed: z.array(z.string()).max(10),
    changed: z.array(z.strictObject({ id: z.string(), from: z.string(), to: z.string() })).max(10),
  }),
  columns: z
    .record(z.string(), z.strictObject({ from: Distribution.nullable(), to: Distribution.nullable() }))
    .describe('statistics that moved'),
  categories: z.record(z.string(), z.strictObject({ from: Tally, to: Tally })).describe('tallies that moved'),
})

/** That a row is one of a version's: hash the leaf, then each sibling, and compare with the root (RFC 6962). */
export const RowProof = z.strictObject({
  name: Name,
  digest: Sha256,
  merkle_root: Sha256,
  row: z.int().min(0).describe('from 0'),
  rows: z.int().min(1),
  json: z.string().describe('the canonical row: the leaf is SHA-256 of 0x00 and these bytes'),
  path: z.array(Sha256).describe('siblings from the leaf to the root'),
})

/** Every stored byte was read again. */
export const DatasetVerification = z.strictObject({
  name: Name,
  digest: Sha256,
  ok: z.boolean(),
  problems: z.array(z.string()),
  rows: z.int().min(0),
  bytes: z.int().min(0),
})

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
  suite: z
    .boolean()
    .optional()
    .describe('an evaluation suite: builds and preflight keep its items out of training data'),
})

export type DatasetVersion = z.infer<typeof DatasetVersion>
export type Lineage = z.infer<typeof Lineage>
export type DatasetReport = z.infer<typeof DatasetReport>
export type DatasetManifest = z.infer<typeof DatasetManifest>
export type DatasetRow = z.infer<typeof DatasetRow>
export type DatasetDiff = z.infer<typeof DatasetDiff>
export type RowProof = z.infer<typeof RowProof>
export type DatasetVerification = z.infer<typeof DatasetVerification>
export type Dataset = z.infer<typeof Dataset>
export type RowFormatName = z.infer<typeof RowFormatName>
export type RegisterDataset = z.infer<typeof RegisterDataset>
export type Upload = z.infer<typeof Upload>
