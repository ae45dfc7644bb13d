import type { IncomingMessage } from 'node:http'
import type * as z from 'zod'
import { createPlayControl, type PlayControl } from '../core/jobs/play-control.ts'
import { type Breach, Fault } from '../core/platform/fault.ts'
import { breachesOf } from '../core/platform/parse.ts'
import { type Authenticate, requireScope } from '../functions/api/auth.ts'
import type { Streams } from '../functions/api/routes/live.ts'
import type { Frames } from '../functions/api/server-sent-events.ts'
import { metricOperations } from '../schemas/operations/metrics.ts'
import { monitoringOperations } from '../schemas/operations/monitoring.ts'
import type { Operation } from '../schemas/operations/operation.ts'

export interface OpenSocket {
  frames: Frames
  /** Of a playback. */
  control?: PlayControl
}

const tokenProtocol = 'bearer.'

/** The streams of the API table by path. `stopping` ends them all. */
export function webSocketRoutes(streams: Streams, stopping: AbortSignal) {
  const { watchJob, playJob } = metricOperations
  const { watchMonitoringJob, playMonitoringJob } = monitoringOperations
  const routes = [
    { operation: watchJob, open: watch },
    { operation: watchMonitoringJob, open: watch },
    { operation: playJob, open: play },
    { operation: playMonitoringJob, open: play },
  ].map((route) => ({ ...route, pattern: patternOf(route.operation) }))

  function watch({ job, query, ...viewer }: Asked): OpenSocket {
    return { frames: streams.watch(job, { ...viewer, after: query.after as string | undefined }) }
  }

  function play({ job, query, ...viewer }: Asked): OpenSocket {
    const control = createPlayControl()
    const asked = query as z.infer<typeof playJob.query>
    return { frames: streams.play(job, asked, { ...viewer, after: asked.after, control }), control }
  }

  return {
    /** Faults: `not_found` for another path, `unauthenticated`, `forbidden`, `invalid`. */
    async open(request: IncomingMessage, authenticate: Authenticate, gone: AbortSignal): Promise<OpenSocket> {
      const url = URL.parse(request.url ?? '', 'http://localhost')
      const route = routes.find(({ pattern }) => url && pattern.test(url.pathname))
      if (!url || !route)
        throw new Fault('not_found', `there is no WebSocket at ${url?.pathname}; see GET /openapi.json`)
      const { operation } = route
      requireScope(await authenticate(withToken(url, request), undefined), operation.scope)
      const job = parametersOf(operation, route.pattern.exec(url.pathname)?.groups ?? {}, url.searchParams)
      return route.open({ ...job, signal: AbortSignal.any([gone, stopping]) })
    },
  }
}

interface Asked {
  job: string
  query: Record<string, unknown>
  signal: AbortSignal
}

function patternOf({ path }: Operation): RegExp {
  return new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)
}

/** A page cannot set headers of a WebSocket, and a token in the address would be logged: it comes as a subprotocol beside `sluice`. */
function withToken(url: URL, { headers }: IncomingMessage): Request {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim())
  const token = offered.find((each) => each.startsWith(tokenProtocol))?.slice(tokenProtocol.length)
  const authorization = headers.authorization ?? (token === undefined ? undefined : `Bearer ${token}`)
  return new Request(url, { headers: authorization === undefined ? {} : { authorization } })
}

function parametersOf(operation: Operation, path: Record<string, string>, search: URLSearchParams) {
  const errors: Breach[] = []
  const parsed = (schema: z.ZodType | undefined, value: unknown, at: string) => {
    const result = schema?.safeParse(value)
    if (schema && result && !result.success) errors.push(...breachesOf(schema, result.error.issues, [at]))
    return (result?.data ?? {}) as Record<string, unknown>
  }
  const params = parsed(operation.params, path, 'path')
  const query = parsed(operation.query, Object.fromEntries(search), 'query')
  if (errors.length > 0) throw new Fault('invalid', `${errors.length} problems in the request`, { errors })
  return { job: String(Object.values(params)[0]), query }
}
