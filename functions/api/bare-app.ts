import { type Context, Hono } from 'hono'
import { Fault } from '../../core/platform/fault.ts'
import type { Ids } from '../../core/platform/ports.ts'
import type { Authenticate } from './auth.ts'
import { isInternal, toProblem } from './faults.ts'

export interface AppOptions {
  authenticate: Authenticate
  /** Which Host headers are answered: stops DNS rebinding of a server on 127.0.0.1. undefined: any. */
  isHostAllowed?: (host: string) => boolean
  /** Gets what the caller is not told. */
  logError: (requestId: string, error: unknown) => void
}

/** What every app of the API has before its routes: request ids, faults as problem documents, the Host check. */
export function createBareApp(ids: Pick<Ids, 'next'>, options: AppOptions) {
  const app = new Hono()
  const requestIds = new WeakMap<Request, string>()
  const requestIdOf = (request: Request) => {
    const known = requestIds.get(request) ?? `req-${ids.next()}`
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
    throw nothingAt(context)
  })
  app.use(async (context, next) => {
    const host = context.req.header('host') ?? ''
    if (options.isHostAllowed && !options.isHostAllowed(host))
      throw new Fault('forbidden', `Host "${host}" is not served here`)
    await next()
  })
  return { app, requestIdOf }
}

/** What a request is told for which there is no route. */
export function nothingAt({ req }: Context): Fault {
  return new Fault('not_found', `there is nothing at ${req.method} ${req.path}; see GET /openapi.json`)
}
