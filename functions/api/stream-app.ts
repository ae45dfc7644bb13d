import type { Hono } from 'hono'
import type { Platform } from '../../core/platform/ports.ts'
import { deployable } from '../manifest.ts'
import { restrictTo } from '../restrict-platform.ts'
import { type AppOptions, createBareApp } from './bare-app.ts'
import { type LivePace, liveRoute } from './routes/live.ts'

/** The routes whose answers are streams, as an app of their own: on AWS another function serves them. */
export function createStreamApp(platform: Platform, options: AppOptions, pace: LivePace): Hono {
  const { app, requestIdOf } = createBareApp(platform.ids, options)
  liveRoute(app, restrictTo(platform, deployable('stream')), {
    pace,
    authenticate: options.authenticate,
    logError: (request, error) => options.logError(requestIdOf(request), error),
  })
  return app
}
