import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { Fault } from '../../core/platform/fault.ts'
import type { Platform } from '../../core/platform/ports.ts'
import type { Authenticate } from './auth.ts'
import { binder } from './bind.ts'
import { isInternal, toProblem } from './faults.ts'
import { openApiDocument } from './openapi.ts'
import { datasetRoutes } from './routes/datasets.ts'
import { evaluationRoutes } from './routes/evaluations.ts'
import { jobRoutes } from './routes/jobs.ts'
import { recipeRoutes } from './routes/recipes.ts'
import { registryRoutes } from './routes/registry.ts'
import { systemRoutes } from './routes/system.ts'

const maxBodyBytes = 1024 * 1024

export interface AppOptions {
  authenticate: Authenticate
  /** Which Host headers are answered: stops DNS rebinding of a server on 127.0.0.1. undefined: any. */
  isHostAllowed?: (host: string) => boolean
  /** Gets what the caller is not told. */
  logError: (requestId: string, error: unknown) => void
}

/** The HTTP API as a value: Lambda and the embedded server are two bindings of it. */
export function createApp(platform: Omit<Platform, 'workflows' | 'secrets' | 'signer'>, options: AppOptions): Hono {
  const app = new Hono()
  const requestIds = new WeakMap<Request, string>()
  const requestIdOf = (request: Request) => {
    const known = requestIds.get(request) ?? `req-${platform.ids.next()}`
    requestIds.set(request, known)
    return known
  }

  app.onError((error, context) => {
    const requestId = requestIdOf(context.req.raw)
    if (isInternal(error)) options.logError(requestId, error)
    const { problem, status } = toProblem(error, requestId)
    const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
    if (status === 503) headers['retry-after'] = '2'
    if (status === 401) headers['www-authenticate'] = 'Bearer'
    return context.body(JSON.stringify(problem), status, headers)
  })
  app.notFound((context) => {
    throw new Fault('not_found', `there is nothing at ${context.req.method} ${context.req.path}; see GET /openapi.json`)
  })
  app.use(async (context, next) => {
    const host = context.req.header('host') ?? ''
    if (options.isHostAllowed && !options.isHostAllowed(host))
      throw new Fault('forbidden', `Host "${host}" is not served here`)
    await next()
  })
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
  jobRoutes(bind, platform)
  recipeRoutes(bind, platform)
  datasetRoutes(bind, platform)
  evaluationRoutes(bind, platform)
  registryRoutes(bind, platform)
  app.get('/openapi.json', (context) => context.json(openApiDocument()))
  return app
}
