import type { operations } from '../../../schemas/api.ts'

export type Operations = typeof operations
type Route<Name extends keyof Operations> = Pick<Operations[Name], 'method' | 'path'>

/**
 * Where the operations of these pages are. Checked against the API's table by the compiler (each path is a literal type there),
 * so that the table itself, and zod with it, stays out of the page.
 */
export const routes = {
  listDatasets: { method: 'get', path: '/v1/datasets' },
  listDatasetVersions: { method: 'get', path: '/v1/datasets/{name}/versions' },
  getDatasetVersion: { method: 'get', path: '/v1/datasets/{name}/versions/{digest}' },
  getDatasetReport: { method: 'get', path: '/v1/datasets/{name}/versions/{digest}/report' },
  diffDatasets: { method: 'get', path: '/v1/datasets/{name}/diff' },
  listRows: { method: 'get', path: '/v1/datasets/{name}/versions/{digest}/rows' },
  getRowProof: { method: 'get', path: '/v1/datasets/{name}/versions/{digest}/rows/{row}/proof' },
  verifyDatasetVersion: { method: 'post', path: '/v1/datasets/{name}/versions/{digest}/verification' },
  listSuites: { method: 'get', path: '/v1/suites' },
  createBuild: { method: 'post', path: '/v1/builds' },
  listBuilds: { method: 'get', path: '/v1/builds' },
  getBuild: { method: 'get', path: '/v1/builds/{build}' },
  cancelBuild: { method: 'post', path: '/v1/builds/{build}/cancel' },
  listDroppedRows: { method: 'get', path: '/v1/builds/{build}/dropped' },
  listJobs: { method: 'get', path: '/v1/jobs' },
  getJob: { method: 'get', path: '/v1/jobs/{job}' },
  getPreflight: { method: 'get', path: '/v1/jobs/{job}/preflight' },
  getTicket: { method: 'get', path: '/v1/jobs/{job}/ticket' },
} as const satisfies { [Name in keyof Operations]?: Route<Name> }

export type OperationName = keyof typeof routes
