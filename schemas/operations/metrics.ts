import * as z from 'zod'
import { Anomaly, BacktestReport, BacktestRequest, Diagnosis, Health } from '../diagnostics.ts'
import { LiveEvent, PlaybackEvent, PlaybackQuery } from '../live.ts'
import {
  MetricBranch,
  MetricsAnswer,
  MetricsComparison,
  MetricsExport,
  MetricsExportRequest,
  MetricsQuery,
  MetricsSync,
} from '../metrics.ts'
import { JobId } from '../primitives.ts'
import type { Operation } from './operation.ts'

const jobParams = z.strictObject({ job: JobId })

/** Metrics of a job, what the diagnostic rules found in them, and policies tried on them. */
export const metricOperations = {
  getMetrics: {
    method: 'get',
    path: '/v1/jobs/{job}/metrics',
    summary: 'Metric series by stage and name: points, or buckets with least, greatest and mean; answers If-None-Match',
    scope: 'read',
    params: jobParams,
    query: MetricsQuery,
    status: 200,
    response: MetricsAnswer,
  },
  listMetricBranches: {
    method: 'get',
    path: '/v1/jobs/{job}/metrics/branches',
    summary: 'What each attempt logged: steps, metrics, and the lines that were no metrics',
    scope: 'read',
    params: jobParams,
    status: 200,
    response: z.strictObject({ branches: z.array(MetricBranch) }),
  },
  syncMetrics: {
    method: 'post',
    path: '/v1/jobs/{job}/metrics/sync',
    summary: 'Read the segments that are shipped and not read yet, now',
    scope: 'submit',
    params: jobParams,
    status: 200,
    response: MetricsSync,
  },
  exportMetrics: {
    method: 'post',
    path: '/v1/jobs/{job}/metrics/export',
    summary: 'A file of the points: CSV, JSON Lines or Parquet, one row per step',
    scope: 'read',
    params: jobParams,
    body: MetricsExportRequest,
    status: 201,
    response: MetricsExport,
  },
  compareMetrics: {
    method: 'get',
    path: '/v1/metrics/compare',
    summary: 'The same metrics of several jobs on one axis',
    scope: 'read',
    query: MetricsQuery.omit({ after: true, attempt: true }).extend({
      jobs: z.string().describe('comma-separated job ids, at most 10'),
    }),
    status: 200,
    response: MetricsComparison,
  },
  watchJob: {
    method: 'get',
    path: '/v1/jobs/{job}/live',
    summary: 'Status changes, metrics and anomalies as server-sent events; Last-Event-ID goes on where a stream ended',
    scope: 'read',
    params: jobParams,
    query: z.strictObject({
      after: z.string().optional().describe('as Last-Event-ID, for clients that cannot send it'),
    }),
    status: 200,
    response: LiveEvent,
    streams: true,
  },
  playJob: {
    method: 'get',
    path: '/v1/jobs/{job}/playback',
    summary: 'The recorded metrics again at 0.1 to 10 times their pace, as server-sent events',
    scope: 'read',
    params: jobParams,
    query: PlaybackQuery,
    status: 200,
    response: PlaybackEvent,
    streams: true,
  },
  listAnomalies: {
    method: 'get',
    path: '/v1/jobs/{job}/anomalies',
    summary: 'What the diagnostic rules found, by stage, attempt and step',
    scope: 'read',
    params: jobParams,
    status: 200,
    response: z.strictObject({ anomalies: z.array(Anomaly) }),
  },
  getHealth: {
    method: 'get',
    path: '/v1/jobs/{job}/health',
    summary: 'The health score, 0 to 100, with what lowers it and what to do',
    scope: 'read',
    params: jobParams,
    status: 200,
    response: Health.extend({ anomalies: z.array(Anomaly) }),
  },
  diagnoseJob: {
    method: 'post',
    path: '/v1/jobs/{job}/diagnose',
    summary: 'Read what is shipped, then judge all stored points anew by the rules of the recipe',
    scope: 'submit',
    params: jobParams,
    status: 200,
    response: Diagnosis,
  },
  backtestPolicy: {
    method: 'post',
    path: '/v1/policies/backtest',
    summary:
      'Replay stored jobs under other thresholds: what would have been stopped, when, and what that saves or kills',
    scope: 'read',
    body: BacktestRequest,
    status: 200,
    response: BacktestReport,
  },
} as const satisfies Record<string, Operation>
