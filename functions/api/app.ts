import type { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { SeriesReader } from '../../core/metrics/series-reader.ts'
import { Fault } from '../../core/platform/fault.ts'
import type { Platform } from '../../core/platform/ports.ts'
import { deployable } from '../manifest.ts'
import { restrictTo } from '../restrict-platform.ts'
import { type AppOptions, createBareApp } from './bare-app.ts'
import { type Binder, binder } from './bind.ts'
import { bindLazily } from './bind-lazily.ts'
import { mountLazily } from './mount-lazily.ts'
import type { LivePace, liveRoute } from './routes/live.ts'
import { systemRoutes } from './routes/system.ts'

const maxBodyBytes = 1024 * 1024
const seriesBytes = 256 * 1024 * 1024

export interface ApiOptions extends AppOptions {
  /** Where this app also serves the streams. On AWS another function does, and the API's does not even load them. */
  live?: { route: typeof liveRoute; pace: LivePace }
  /** How much memory decoded metrics may take. */
  seriesBytes?: number
}

/** The HTTP API as a value: Lambda and the embedded server are two bindings of it. */
export function createApp(wholePlatform: Platform, options: ApiOptions): Hono {
  const platform = restrictTo(wholePlatform, deployable('api'))
  const { app, requestIdOf } = createBareApp(wholePlatform.ids, options)
  app.use(
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: () => {
        throw new Fault(
          'too_large',
          `the body is larger than ${maxBodyBytes} bytes; upload data through POST /v1/uploads`,
        )
      },
    }),
  )

  const { authenticate } = options
  systemRoutes(binder(app, authenticate))
  if (options.live) {
    options.live.route(app, restrictTo(wholePlatform, deployable('stream')), {
      pace: options.live.pace,
      authenticate: options.authenticate,
      logError: (request, error) => options.logError(requestIdOf(request), error),
    })
  }
  /** The operations of a group load with the first request under its prefixes, its use cases with the first that is let in. */
  const mount = (prefixes: readonly string[], group: (bind: Binder) => Promise<void>) =>
    mountLazily(app, prefixes, (routes) => group(binder(routes, authenticate)))
  /** Decoded metrics are kept from request to request: the groups that read them share one reader. */
  let reader: Promise<SeriesReader> | undefined
  const readSeries = async () => {
    const { createSeriesReader } = await import('../../core/metrics/series-reader.ts')
    return createSeriesReader(platform, { maxBytes: options.seriesBytes ?? seriesBytes })
  }
  const series = () => {
    reader ??= readSeries()
    return reader
  }
  const metrics = async (group: Binder) =>
    (await import('./routes/metrics.ts')).metricRoutes(group, platform, await series())
  mount(['/v1/metrics', '/v1/policies'], async (bind) => {
    const { metricOperations } = await import('../../schemas/operations/metrics.ts')
    bindLazily(bind, metricOperations, metrics)
  })
  mount(['/api/v1/monitoring'], async (bind) => {
    const { monitoringOperations } = await import('../../schemas/operations/monitoring.ts')
    bindLazily(bind, monitoringOperations, async (group) =>
      (await import('./routes/monitoring.ts')).monitoringRoutes(group, platform, await series()),
    )
  })
  mount(['/v1/runs'], async (bind) => {
    const { trackingOperations } = await import('../../schemas/operations/tracking.ts')
    bindLazily(bind, trackingOperations, async (group) =>
      (await import('./routes/tracking.ts')).trackingRoutes(group, platform, await series()),
    )
  })
  mountLazily(app, ['/api/2.0/mlflow', '/api/3.0/mlflow', '/api/2.0/mlflow-artifacts'], async (group) =>
    (await import('./routes/mlflow.ts')).mlflowRoutes(group, platform, {
      authenticate,
      requestIdOf,
      logError: options.logError,
    }),
  )
  mount(['/v1/jobs'], async (bind) => {
    const [{ jobOperations }, { ticketOperations }, { metricOperations }] = await Promise.all([
      import('../../schemas/operations/jobs.ts'),
      import('../../schemas/operations/tickets.ts'),
      import('../../schemas/operations/metrics.ts'),
    ])
    bindLazily(bind, metricOperations, metrics)
    bindLazily(bind, ticketOperations, async (group) =>
      (await import('./routes/tickets.ts')).ticketRoutes(group, platform),
    )
    bindLazily(bind, jobOperations, async (group) => (await import('./routes/jobs.ts')).jobRoutes(group, platform))
  })
  mount(['/v1/recipes'], async (bind) => {
    const { recipeOperations } = await import('../../schemas/operations/recipes.ts')
    bindLazily(bind, recipeOperations, async (group) =>
      (await import('./routes/recipes.ts')).recipeRoutes(group, platform),
    )
  })
  mount(['/v1/uploads', '/v1/datasets', '/v1/suites'], async (bind) => {
    const { datasetOperations } = await import('../../schemas/operations/datasets.ts')
    bindLazily(bind, datasetOperations, async (group) =>
      (await import('./routes/datasets.ts')).datasetRoutes(group, platform),
    )
  })
  mount(['/v1/builds'], async (bind) => {
    const { buildOperations } = await import('../../schemas/operations/builds.ts')
    bindLazily(bind, buildOperations, async (group) =>
      (await import('./routes/builds.ts')).buildRoutes(group, platform),
    )
  })
  mount(['/v1/evaluations'], async (bind) => {
    const { evaluationOperations } = await import('../../schemas/operations/evaluations.ts')
    bindLazily(bind, evaluationOperations, async (group) =>
      (await import('./routes/evaluations.ts')).evaluationRoutes(group, platform),
    )
  })
  mount(['/v1/models', '/v1/base-models'], async (bind) => {
    const { registryOperations } = await import('../../schemas/operations/registry.ts')
    bindLazily(bind, registryOperations, async (group) =>
      (await import('./routes/registry.ts')).registryRoutes(group, platform),
    )
  })
  mount(['/v1/schedules'], async (bind) => {
    const { scheduleOperations } = await import('../../schemas/operations/schedules.ts')
    bindLazily(bind, scheduleOperations, async (group) =>
      (await import('./routes/schedules.ts')).scheduleRoutes(group, platform),
    )
  })
  app.get('/openapi.json', async (context) => {
    const { openApiDocument } = await import('./openapi.ts')
    return context.json(openApiDocument())
  })
  return app
}
