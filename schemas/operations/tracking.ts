import * as z from 'zod'
import { MetricsAnswer, MetricsQuery } from '../metrics.ts'
import { RunId, TrackedRun, TrackedRunView } from '../tracking.ts'
import { type Operation, Paging, page } from './operation.ts'

const runParams = z.strictObject({ run: RunId })

/** Runs that clients logged by MLflow's protocol, which has its own paths. */
export const trackingOperations = {
  listRuns: {
    method: 'get',
    path: '/v1/runs',
    summary: 'List tracked runs, the newest first',
    scope: 'read',
    query: Paging,
    status: 200,
    response: page(TrackedRun),
  },
  getRun: {
    method: 'get',
    path: '/v1/runs/{run}',
    summary: 'A tracked run with its parameters, tags and newest metrics',
    scope: 'read',
    params: runParams,
    status: 200,
    response: TrackedRunView,
  },
  getRunMetrics: {
    method: 'get',
    path: '/v1/runs/{run}/metrics',
    summary: 'Metric series of a tracked run, asked for and answered as those of a job',
    scope: 'read',
    params: runParams,
    query: MetricsQuery,
    status: 200,
    response: MetricsAnswer,
  },
} as const satisfies Record<string, Operation>
