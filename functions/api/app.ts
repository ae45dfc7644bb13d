import type { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { Fault } from '../../core/platform/fault.ts'
import type { Platform } from '../../core/platform/ports.ts'
import { datasetOperations } from '../../schemas/operations/datasets.ts'
import { evaluationOperations } from '../../schemas/operations/evaluations.ts'
import { jobOperations } from '../../schemas/operations/jobs.ts'
import { recipeOperations } from '../../schemas/operations/recipes.ts'
import { registryOperations } from '../../schemas/operations/registry.ts'
import { scheduleOperations } from '../../schemas/operations/schedules.ts'
import { deployable } from '../manifest.ts'
import { restrictTo } from '../restrict-platform.ts'
import { type AppOptions, createBareApp } from './bare-app.ts'
import { binder } from './bind.ts'
import { bindLazily } from './bind-lazily.ts'
import type { LivePace, liveRoute } from './routes/live.ts'
import { systemRoutes } from './routes/system.ts'

const maxBodyBytes = 1024 * 1024

export interface ApiOptions extends AppOptions {
  /** Where this app also serves the streams. On AWS another function does, and the API's does not even load them. */
  live?: { route: typeof liveRoute; pace: LivePace }
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

  const bind = binder(app, options.authenticate)
  systemRoutes(bind)
  bindLazily(bind, jobOperations, async (group) => (await import('./routes/jobs.ts')).jobRoutes(group, platform))
  bindLazily(bind, recipeOperations, async (group) =>
    (await import('./routes/recipes.ts')).recipeRoutes(group, platform),
  )
  bindLazily(bind, datasetOperations, async (group) =>
    (await import('./routes/datasets.ts')).datasetRoutes(group, platform),
  )
  bindLazily(bind, evaluationOperations, async (group) =>
    (await import('./routes/evaluations.ts')).evaluationRoutes(group, platform),
  )
  bindLazily(bind, registryOperations, async (group) =>
    (await import('./routes/registry.ts')).registryRoutes(group, platform),
  )
  bindLazily(bind, scheduleOperations, async (group) =>
    (await import('./routes/schedules.ts')).scheduleRoutes(group, platform),
  )
  if (options.live) {
    options.live.route(app, restrictTo(wholePlatform, deployable('stream')), {
      pace: options.live.pace,
      authenticate: options.authenticate,
      logError: (request, error) => options.logError(requestIdOf(request), error),
    })
  }
  app.get('/openapi.json', async (context) => {
    const { openApiDocument } = await import('./openapi.ts')
    return context.json(openApiDocument())
  })
  return app
}
