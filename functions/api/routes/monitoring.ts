import { listAnomalies } from '../../../core/diagnostics/anomaly-store.ts'
import { countStatuses, listSummaries } from '../../../core/jobs/dashboard.ts'
import { diagnoseJob, diagnoseLiveJobs, jobHealth } from '../../../core/jobs/diagnose-job.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { syncMetrics } from '../../../core/jobs/sync-metrics.ts'
import { listTrainingMetrics } from '../../../core/jobs/training-metric.ts'
import type { SeriesReader } from '../../../core/metrics/series-reader.ts'
import { invalid } from '../../../core/platform/fault.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { operations } from '../../../schemas/api.ts'
import type { Binder } from '../bind.ts'
import { toPage } from '../page.ts'

// Steps at which something was found, at most: an episode may cover every step of a run.
const maxAnomalousSteps = 10_000

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock' | 'compute'>

/** The monitoring routes of the requirement, under its names. */
export function monitoringRoutes(bind: Binder, platform: Needs, reader: SeriesReader): void {
  const { table } = platform
  bind(operations.getDashboard, async ({ query }) => {
    const page = await toPage(query, (request) => listSummaries(platform, request))
    return { counts: countStatuses(page.items), ...page }
  })
  bind(operations.getMonitoringMetrics, async ({ params: { job_id }, query }) => {
    requireRange(query)
    await getJob(table, job_id)
    const metrics = await listTrainingMetrics(reader, job_id, query, await listAnomalies(table, job_id))
    return { job_id, count: metrics.length, metrics }
  })
  bind(operations.listMetricAnomalies, async ({ params: { job_id } }) => {
    await getJob(table, job_id)
    const found = await listAnomalies(table, job_id)
    const metrics = await listTrainingMetrics(reader, job_id, { limit: maxAnomalousSteps }, found, true)
    return { job_id, count: metrics.length, metrics }
  })
  bind(operations.syncMonitoringMetrics, ({ params }) => syncMetrics(platform, params.job_id))
  bind(operations.diagnoseMonitoringJob, ({ params }) => diagnoseJob(platform, params.job_id))
  bind(operations.listDetectedAnomalies, async ({ params: { job_id } }) => {
    await getJob(table, job_id)
    const anomalies = await listAnomalies(table, job_id)
    return { job_id, count: anomalies.length, anomalies }
  })
  bind(operations.diagnoseAllJobs, () => diagnoseLiveJobs(platform))
  bind(operations.getMonitoringHealth, ({ params }) => jobHealth(platform, params.job_id))
}

/** Fault `invalid` where the first step lies behind the last. */
function requireRange({ start_step: from = 0, end_step: to = Number.POSITIVE_INFINITY }: StepRange): void {
  if (from <= to) return
  const message = `start_step ${from} is above end_step ${to}`
  throw invalid('the query', [{ pointer: '/query/start_step', code: 'empty_range', message, remedy: 'Exchange them.' }])
}

interface StepRange {
  start_step?: number | undefined
  end_step?: number | undefined
}
