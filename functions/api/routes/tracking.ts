import { metricsEtag, queryMetrics } from '../../../core/metrics/query-metrics.ts'
import type { SeriesReader } from '../../../core/metrics/series-reader.ts'
import { Fault, isFault } from '../../../core/platform/fault.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { getRun } from '../../../core/tracking/run-store.ts'
import { listTrackedRuns, runIdOf, viewRun } from '../../../core/tracking/view-run.ts'
import { trackingOperations } from '../../../schemas/operations/tracking.ts'
import type { Binder } from '../bind.ts'
import { toPage } from '../page.ts'

/** Runs that clients logged by themselves. */
export function trackingRoutes(
  bind: Binder,
  platform: Pick<Platform, 'table' | 'metrics' | 'clock'>,
  reader: SeriesReader,
): void {
  bind(trackingOperations.listRuns, ({ query }) => toPage(query, (page) => listTrackedRuns(platform, page)))
  bind(trackingOperations.getRun, ({ params }) => viewRun(platform, params.run))
  bind(
    trackingOperations.getRunMetrics,
    async ({ params, query }) => {
      try {
        return await queryMetrics(reader, params.run, query)
      } catch (cause) {
        if (!isFault(cause, 'invalid')) throw cause
        const errors = cause.errors.map((breach) => ({ ...breach, pointer: `/query${breach.pointer}` }))
        throw new Fault('invalid', cause.message, { errors, cause })
      }
    },
    undefined,
    async ({ params, query }) => {
      await getRun(platform.table, runIdOf(params.run))
      return metricsEtag(reader, params.run, query)
    },
  )
}
