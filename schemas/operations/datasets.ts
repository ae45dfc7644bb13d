import * as z from 'zod'
import {
  Dataset,
  DatasetDiff,
  DatasetReport,
  DatasetRow,
  DatasetVerification,
  DatasetVersion,
  RegisterDataset,
  RowProof,
  Upload,
} from '../dataset.ts'
import { DropReport } from '../drop.ts'
import { Name } from '../primitives.ts'
import { type Operation, Paging, page } from './operation.ts'

const nameParams = z.strictObject({ name: Name })
const versionParams = z.strictObject({
  name: Name,
  digest: z.string().regex(/^(latest|[0-9a-f]{64})$/, 'must be "latest" or 64 lower-case hex digits'),
})
const DiffSide = z
  .string()
  .regex(
    /^([a-z0-9][a-z0-9._-]{0,62}@)?(latest|[0-9a-f]{64})$/,
    'must be "latest" or 64 lower-case hex digits, of another dataset with its name and "@" before',
  )
const Row = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

export const datasetOperations = {
  createUpload: {
    method: 'post',
    path: '/v1/uploads',
    summary: 'Get a URL to PUT one file to',
    scope: 'submit',
    status: 201,
    response: Upload,
  },
  registerDataset: {
    method: 'post',
    path: '/v1/datasets/{name}/versions',
    summary: 'Register an uploaded file as an immutable dataset version',
    scope: 'submit',
    params: nameParams,
    body: RegisterDataset,
    status: 201,
    response: DatasetVersion,
  },
  listDatasets: {
    method: 'get',
    path: '/v1/datasets',
    summary: 'List datasets by name',
    scope: 'read',
    query: Paging,
    status: 200,
    response: page(Dataset),
  },
  listDatasetVersions: {
    method: 'get',
    path: '/v1/datasets/{name}/versions',
    summary: 'List the versions of a dataset',
    scope: 'read',
    params: nameParams,
    query: Paging,
    status: 200,
    response: page(DatasetVersion),
  },
  getDatasetVersion: {
    method: 'get',
    path: '/v1/datasets/{name}/versions/{digest}',
    summary: 'A dataset version; `latest` for the newest',
    scope: 'read',
    params: versionParams,
    status: 200,
    response: DatasetVersion,
  },
  getDatasetReport: {
    method: 'get',
    path: '/v1/datasets/{name}/versions/{digest}/report',
    summary: 'What a version looks like: sizes, labels, duplicates, what each operator of its build did',
    scope: 'read',
    params: versionParams,
    status: 200,
    response: DatasetReport,
  },
  listRows: {
    method: 'get',
    path: '/v1/datasets/{name}/versions/{digest}/rows',
    summary: 'Rows of a version in order; a page ends at 1 MB',
    scope: 'read',
    params: versionParams,
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(1000).default(50),
      after: z.string().optional(),
    }),
    status: 200,
    response: page(DatasetRow),
  },
  getRowProof: {
    method: 'get',
    path: '/v1/datasets/{name}/versions/{digest}/rows/{row}/proof',
    summary: 'The proof that a row, counted from 0, is one of the version: anybody with its Merkle root can check it',
    scope: 'read',
    params: versionParams.extend({ row: Row }),
    status: 200,
    response: RowProof,
  },
  verifyDatasetVersion: {
    method: 'post',
    path: '/v1/datasets/{name}/versions/{digest}/verification',
    summary: 'Read every stored byte of a version again, and say what is not as it was registered',
    scope: 'read',
    params: versionParams,
    status: 200,
    response: DatasetVerification,
  },
  diffDatasets: {
    method: 'get',
    path: '/v1/datasets/{name}/diff',
    summary: 'What changed from one version to another, also from one of another dataset',
    scope: 'read',
    params: nameParams,
    query: z.strictObject({ from: DiffSide, to: DiffSide.default('latest') }),
    status: 200,
    response: DatasetDiff,
  },
  listSuites: {
    method: 'get',
    path: '/v1/suites',
    summary:
      'The newest version of every dataset that is evaluation data: what builds and preflight keep out of training',
    scope: 'read',
    query: Paging,
    status: 200,
    response: page(DatasetVersion),
  },
  listDrops: {
    method: 'get',
    path: '/v1/datasets/{name}/drops',
    summary: 'What became of the files that were dropped for a dataset, by file name',
    scope: 'read',
    params: z.strictObject({
      name: z.string().regex(/^(?!\.{1,2}$)[^/]{1,255}$/, 'must be the name of a folder under drops/'),
    }),
    // A report names up to 100 problems.
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(20).default(10), after: z.string().optional() }),
    status: 200,
    response: page(DropReport),
  },
} as const satisfies Record<string, Operation>
