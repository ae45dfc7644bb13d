import * as z from 'zod'
import { Dataset, DatasetVersion, RegisterDataset, Upload } from '../dataset.ts'
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
} as const satisfies Record<string, Operation>
