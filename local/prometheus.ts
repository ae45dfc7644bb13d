import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Platform } from '../core/platform/ports.ts'
import { type Authenticate, requireScope } from '../functions/api/auth.ts'
import { isInternal, toProblem } from '../functions/api/faults.ts'
import type { RuntimeCounts } from './prometheus-counts.ts'
import { measureRequests } from './prometheus-http.ts'
import { countJobs } from './prometheus-jobs.ts'
import { measureMetrics } from './prometheus-metrics.ts'

export interface EndpointOptions {
  authenticate: Authenticate
  /** Gets what the caller is not told. */
  logError: (requestId: string, error: unknown) => void
  /** Without them their gauges are left out. */
  counts?: RuntimeCounts
}

/** The server's own metrics in Prometheus' text format. Labels have few values: none is an id, routes are templates. */
export function createPrometheus() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = measureRequests(registry)
  const jobs = countJobs(registry)
  const metrics = measureMetrics(registry)

  return {
    registry,
    /** The drivers, seen when they write. */
    around: (drivers: Platform): Platform => ({
      ...drivers,
      table: jobs.around(drivers.table),
      metrics: metrics.around(drivers.metrics, drivers.clock),
    }),
    /** Times what `fetch` answers, to the head of the answer: a stream goes on for as long as it is watched. */
    measured: requests.measured,
    /** `GET /metrics`, for whoever has scope `read`. */
    endpoint(platform: Platform, { authenticate, logError, counts }: EndpointOptions) {
      const refreshCounts = countsOf(registry, platform, counts)
      return async (request: Request): Promise<Response> => {
        try {
          requireScope(await authenticate(request, undefined), 'read')
          await Promise.all([refreshCounts(), jobs.refresh(platform.table), metrics.refresh(platform.metrics)])
          return new Response(await registry.metrics(), { headers: { 'content-type': registry.contentType } })
        } catch (error) {
          const requestId = `req-${platform.ids.next()}`
          if (isInternal(error)) logError(requestId, error)
          return problemResponse(error, requestId)
        }
      }
    },
  }
}

function countsOf(registry: Registry, { compute }: Pick<Platform, 'compute'>, counts: RuntimeCounts | undefined) {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] })
  const trainers = gauge('sluice_trainers_running', 'Processes that train, generate or build data now.')
  const outbox = counts && gauge('sluice_outbox_pending', 'Events that are committed and wait for their delivery.')
  const executions =
    counts && gauge('sluice_executions_running', 'Executions of state machines that have begun and not ended.')
  return async () => {
    trainers.set((await compute.listActive()).filter(({ status }) => status === 'running').length)
    if (!counts) return
    outbox?.set(counts.outboxPending())
    executions?.set(counts.executionsRunning())
  }
}

function problemResponse(error: unknown, requestId: string): Response {
  const { problem, status } = toProblem(error, requestId)
  const headers = {
    'content-type': 'application/problem+json',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
  }
  return new Response(JSON.stringify(problem), { status, headers })
}
