import * as z from 'zod'
import { Dataset, DatasetVersion, RegisterDataset, Upload } from '../dataset.ts'
import { DropReport } from '../drop.ts'
import { Name } from '../primitives.ts'
import { type Operation, Paging, page } from './operation.ts'

const nameParams = z.strictObject({ name: Name })

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
    params: z.strictObject({
      name: Name,
      digest: z.string().regex(/^(latest|[0-9a-f]{64})$/, 'must be "latest" or 64 lower-case hex digits'),
    }),
    status: 200,
    response: DatasetVersion,
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
