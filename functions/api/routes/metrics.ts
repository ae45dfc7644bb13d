import { listAnomalies } from '../../../core/diagnostics/anomaly-store.ts'
import { backtestPolicy } from '../../../core/jobs/backtest.ts'
import { diagnoseJob, jobHealth } from '../../../core/jobs/diagnose-job.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { storeExport } from '../../../core/jobs/metrics-export.ts'
import { getJobs } from '../../../core/jobs/named-jobs.ts'
import { syncMetrics } from '../../../core/jobs/sync-metrics.ts'
import { listBranches } from '../../../core/metrics/branches.ts'
import { compareSeries, maxCompared } from '../../../core/metrics/query-compare.ts'
import { metricsEtag, queryMetrics } from '../../../core/metrics/query-metrics.ts'
import type { SeriesReader } from '../../../core/metrics/series-reader.ts'
import { type Breach, Fault, invalid, isFault } from '../../../core/platform/fault.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { operations } from '../../../schemas/api.ts'
import { JobId } from '../../../schemas/primitives.ts'
import type { Binder } from '../bind.ts'

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock' | 'compute'>

/** What jobs logged, what the diagnostic rules found in it, and policies tried on it. */
export function metricRoutes(bind: Binder, platform: Needs, reader: SeriesReader): void {
  const { table } = platform
  bind(
    operations.getMetrics,
    ({ params, query }) => ofQuery(queryMetrics(reader, params.job, query)),
    undefined,
    async ({ params, query }) => {
      await getJob(table, params.job)
      return metricsEtag(reader, params.job, query)
    },
  )
  bind(operations.listMetricBranches, async ({ params }) => {
    await getJob(table, params.job)
    return { branches: await listBranches(reader, params.job) }
  })
  bind(operations.syncMetrics, ({ params }) => syncMetrics(platform, params.job))
  bind(operations.exportMetrics, async ({ params, body }) => {
    await getJob(table, params.job)
    return storeExport(platform, reader, params.job, body)
  })
  bind(operations.compareMetrics, async ({ query: { jobs, ...query } }) => {
    const ids = comparedIds(jobs)
    await getJobs(table, ids)
    return ofQuery(compareSeries(reader, ids, query))
  })
  bind(operations.listAnomalies, async ({ params }) => {
    await getJob(table, params.job)
    return { anomalies: await listAnomalies(table, params.job) }
  })
  bind(operations.getHealth, ({ params }) => jobHealth(platform, params.job))
  bind(operations.diagnoseJob, ({ params }) => diagnoseJob(platform, params.job))
  bind(operations.backtestPolicy, ({ body }) => backtestPolicy(platform, reader, body))
}

/** What is wrong with a query, where it stands in the request. */
async function ofQuery<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer
  } catch (cause) {
    if (!isFault(cause, 'invalid')) throw cause
    const errors = cause.errors.map((breach) => ({ ...breach, pointer: `/query${breach.pointer}` }))
    throw new Fault('invalid', cause.message, { errors, cause })
  }
}

/** Each once, in their order. Fault `invalid` with every one that is no id. */
function comparedIds(jobs: string): string[] {
  const ids = [...new Set(jobs.split(',').map((id) => id.trim()))]
  const breach = (code: string, message: string, remedy: string): Breach => {
    return { pointer: '/query/jobs', code, message, remedy }
  }
  const bad = ids.filter((id) => !JobId.safeParse(id).success).slice(0, 100)
  const errors = bad.map((id) =>
    breach(
      'bad_id',
      `${JSON.stringify(id.slice(0, 80))} is no job id`,
      'Give ids like job-<20 characters of a-z, 0-9>.',
    ),
  )
  if (ids.length > maxCompared)
    errors.push(
      breach('too_big', `${ids.length} jobs are named, at most ${maxCompared} can be compared`, 'Name fewer.'),
    )
  if (errors.length > 0) throw invalid('the comparison', errors)
  return ids
}
