import * as z from 'zod'
import { Dashboard } from '../dashboard.ts'
import { Anomaly, Diagnosis, Health } from '../diagnostics.ts'
import { LiveEvent, PlaybackEvent, PlaybackQuery } from '../live.ts'
import { MetricsSync } from '../metrics.ts'
import { JobId, MetricValue, Timestamp } from '../primitives.ts'
import { type Operation, Paging } from './operation.ts'

const params = z.strictObject({ job_id: JobId })
const step = z.coerce.number().int().min(0).optional()
const value = MetricValue.nullable()

/** One step in the requirement's flat form [R1 1.2.1]; null where it was not logged. */
export const TrainingMetric = z.strictObject({
  step: z.int().min(0),
  stage: z.int().min(0),
  attempt: z.int().min(1),
  timestamp: Timestamp.nullable(),
  epoch: value,
  total_loss: value,
  policy_loss: value,
  value_loss: value,
  reward_mean: value,
  reward_std: value,
  reward_max: value,
  reward_min: value,
  kl_divergence: value,
  kl_divergence_max: value,
  grad_norm_actor: value,
  grad_norm_critic: value,
  learning_rate: value,
  tokens_per_second: value,
  step_time: value,
  gpu_memory_allocated_gib: value,
  has_anomaly: z.boolean(),
  anomaly_type: z.string().nullable(),
  anomaly_message: z.string().nullable(),
  extra_metrics: z.record(z.string(), MetricValue),
})

/** The requirement's monitoring routes, names and all. The two streams are WebSockets as well on the embedded server. */
export const monitoringOperations = {
  getDashboard: {
    method: 'get',
    path: '/api/v1/monitoring/dashboard',
    summary: 'Jobs, newest first, with progress, health and cost',
    scope: 'read',
    query: Paging,
    status: 200,
    response: Dashboard,
  },
  getMonitoringMetrics: {
    method: 'get',
    path: '/api/v1/monitoring/{job_id}/metrics',
    summary: 'Steps of a job in the flat form of the requirement, oldest first',
    scope: 'read',
    params,
    query: z.strictObject({
      start_step: step,
      end_step: step,
      limit: z.coerce.number().int().min(1).max(10_000).default(1000).describe('the newest of the range'),
    }),
    status: 200,
    response: z.strictObject({ job_id: JobId, count: z.int().min(0), metrics: z.array(TrainingMetric) }),
  },
  listMetricAnomalies: {
    method: 'get',
    path: '/api/v1/monitoring/{job_id}/metrics/anomalies',
    summary: 'The steps at which something was found',
    scope: 'read',
    params,
    status: 200,
    response: z.strictObject({ job_id: JobId, count: z.int().min(0), metrics: z.array(TrainingMetric) }),
  },
  syncMonitoringMetrics: {
    method: 'post',
    path: '/api/v1/monitoring/{job_id}/metrics/sync',
    summary: 'Read the segments that are shipped and not read yet, now',
    scope: 'submit',
    params,
    status: 200,
    response: MetricsSync,
  },
  diagnoseMonitoringJob: {
    method: 'post',
    path: '/api/v1/monitoring/{job_id}/diagnose',
    summary: 'Judge all stored points of a job anew',
    scope: 'submit',
    params,
    status: 200,
    response: Diagnosis,
  },
  listDetectedAnomalies: {
    method: 'get',
    path: '/api/v1/monitoring/{job_id}/anomalies/detected',
    summary: 'What the diagnostic rules found',
    scope: 'read',
    params,
    status: 200,
    response: z.strictObject({ job_id: JobId, count: z.int().min(0), anomalies: z.array(Anomaly) }),
  },
  diagnoseAllJobs: {
    method: 'post',
    path: '/api/v1/monitoring/diagnose-all',
    summary: 'Judge every live job anew',
    scope: 'submit',
    status: 200,
    response: z.strictObject({
      diagnoses: z.array(Diagnosis),
      failures: z.array(z.strictObject({ job: JobId, message: z.string() })),
    }),
  },
  getMonitoringHealth: {
    method: 'get',
    path: '/api/v1/monitoring/{job_id}/health',
    summary: 'The health score of a job, 0 to 100',
    scope: 'read',
    params,
    status: 200,
    response: Health.extend({ anomalies: z.array(Anomaly) }),
  },
  watchMonitoringJob: {
    method: 'get',
    path: '/api/v1/monitoring/{job_id}/live',
    summary: 'As /v1/jobs/{job}/live',
    scope: 'read',
    params,
    query: z.strictObject({ after: z.string().optional() }),
    status: 200,
    response: LiveEvent,
    streams: true,
  },
  playMonitoringJob: {
    method: 'get',
    path: '/api/v1/monitoring/{job_id}/playback',
    summary: 'As /v1/jobs/{job}/playback',
    scope: 'read',
    params,
    query: PlaybackQuery,
    status: 200,
    response: PlaybackEvent,
    streams: true,
  },
} as const satisfies Record<string, Operation>

export type TrainingMetric = z.infer<typeof TrainingMetric>
