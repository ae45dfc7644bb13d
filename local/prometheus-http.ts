import { Histogram, type Registry } from 'prom-client'
import { operations } from '../schemas/api.ts'

/** OpenTelemetry's advice for http.server.request.duration. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])

/** What is served beside the operations of the API. `*` takes the rest of a path. */
const otherRoutes = [
  '/blobs/*',
  '/openapi.json',
  '/metrics',
  '/',
  '/assets/*',
  '/api/2.0/mlflow/{group}/{call}',
  '/api/3.0/mlflow/*',
  '/api/2.0/mlflow-artifacts/*',
]

/** Times requests by method, route template and status. */
export function measureRequests(registry: Registry) {
  const duration = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from a request to the head of its answer.',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'] as const,
    buckets,
    registers: [registry],
  })
  const routeOf = routeMatcher([...Object.values(operations).map(({ path }) => path), ...otherRoutes])

  return {
    measured<Binding extends unknown[]>(fetch: (request: Request, ...binding: Binding) => Promise<Response>) {
      return async (request: Request, ...binding: Binding): Promise<Response> => {
        const start = performance.now()
        const response = await fetch(request, ...binding)
        const method = methods.has(request.method) ? request.method : '_OTHER'
        const route = routeOf(new URL(request.url).pathname)
        duration.labels(method, route, String(response.status)).observe((performance.now() - start) / 1000)
        return response
      }
    },
  }
}

interface Branch {
  route: string | undefined
  words: Map<string, Branch>
  parameter: Branch | undefined
  rest: string | undefined
}

/** The template of a path: a word of it before a parameter, a parameter before the rest; `other` where nothing matches. */
export function routeMatcher(templates: readonly string[]): (path: string) => string {
  const root = branch()
  for (const template of new Set(templates)) add(root, template)
  return (path) => find(root, path.split('/').slice(1), 0) ?? 'other'
}

const branch = (): Branch => ({ route: undefined, words: new Map(), parameter: undefined, rest: undefined })

function add(root: Branch, template: string): void {
  let at = root
  for (const part of template.split('/').slice(1)) {
    if (part === '*') {
      at.rest = template
      return
    }
    if (/^\{\w+\}$/.test(part)) {
      at.parameter ??= branch()
      at = at.parameter
    } else {
      const next = at.words.get(part) ?? branch()
      at.words.set(part, next)
      at = next
    }
  }
  at.route = template
}

function find(at: Branch, parts: readonly string[], depth: number): string | undefined {
  const part = parts[depth]
  if (part === undefined) return at.route
  const word = at.words.get(part)
  const found = word && find(word, parts, depth + 1)
  return found ?? (at.parameter && find(at.parameter, parts, depth + 1)) ?? at.rest
}
