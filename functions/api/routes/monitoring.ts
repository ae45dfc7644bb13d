import { listAnomalies } from '../../../core/diagnostics/anomaly-store.ts'
import { countStatuses, listSummaries } from '../../../core/jobs/dashboard.ts'
import { diagnoseJob, diagnoseLiveJobs, jobHealth } from '../../../core/jobs/diagnose-job.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { syncMetrics } from '../../../core/jobs/sync-metrics.ts'
import { listTrainingMetrics } from '../../../core/jobs/training-metric.ts'
import type { SeriesReader } from '../../../core/metrics/series-reader.ts'
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
