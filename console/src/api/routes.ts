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
  getJob: { method: 'get', path: '/v1/jobs/{job}' },
  cancelJob: { method: 'post', path: '/v1/jobs/{job}/cancel' },
  resumeJob: { method: 'post', path: '/v1/jobs/{job}/resume' },
  cloneJob: { method: 'post', path: '/v1/jobs/{job}/clone' },
  listJobEvents: { method: 'get', path: '/v1/jobs/{job}/events' },
  getLogs: { method: 'get', path: '/v1/jobs/{job}/logs' },
  getFailurePack: { method: 'get', path: '/v1/jobs/{job}/failure-pack' },
  getRecipe: { method: 'get', path: '/v1/recipes/{name}' },
  validateRecipe: { method: 'post', path: '/v1/recipes/validate' },
  getDashboard: { method: 'get', path: '/api/v1/monitoring/dashboard' },
  getMetrics: { method: 'get', path: '/v1/jobs/{job}/metrics' },
  listMetricBranches: { method: 'get', path: '/v1/jobs/{job}/metrics/branches' },
  syncMetrics: { method: 'post', path: '/v1/jobs/{job}/metrics/sync' },
  exportMetrics: { method: 'post', path: '/v1/jobs/{job}/metrics/export' },
  compareMetrics: { method: 'get', path: '/v1/metrics/compare' },
  watchJob: { method: 'get', path: '/v1/jobs/{job}/live' },
  playJob: { method: 'get', path: '/v1/jobs/{job}/playback' },
  listAnomalies: { method: 'get', path: '/v1/jobs/{job}/anomalies' },
  diagnoseJob: { method: 'post', path: '/v1/jobs/{job}/diagnose' },
  getPreflight: { method: 'get', path: '/v1/jobs/{job}/preflight' },
  getTicket: { method: 'get', path: '/v1/jobs/{job}/ticket' },
} as const satisfies { [Name in keyof Operations]?: Route<Name> }

export type OperationName = keyof typeof routes
