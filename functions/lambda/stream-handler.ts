import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse } from '../../core/platform/parse.ts'
import { RestRequest } from '../../schemas/aws-events.ts'
import { createStreamApp } from '../api/stream-app.ts'
import { gatewayPrincipal } from './gateway-principal.ts'
import { createInvoker, type Entry, type Invocation, type LambdaContext } from './invocation.ts'
import { faultMetric } from './metrics.ts'

export interface StreamMetadata {
  statusCode: number
  headers: Record<string, string>
}

/** Lambda's `awslambda.HttpResponseStream.from`: writes the metadata before the body. */
export type StartResponse = (stream: Writable, metadata: StreamMetadata) => Writable

// Lambda is not told when the client goes away, and the whole answer is paid for: so it is short, and the client comes back.
const pace = { pollMs: 2_000, budgetMs: 55_000 }

/** The streamed routes behind a REST API whose integration transfers the response as a stream. */
export function createStreamHandler(entry: Entry, startResponse: StartResponse) {
  const invoke = createInvoker(entry)
  // A process serves one invocation at a time.
  let current: Invocation | undefined
  const options = {
    authenticate: gatewayPrincipal,
    logError(problem: string, error: unknown) {
      current?.log.error('stream failed', { problem, error })
      current?.count(faultMetric(error))
    },
  }
  const app = createStreamApp(entry.platform, options, pace)

  return (event: unknown, stream: Writable, context: LambdaContext): Promise<void> =>
    invoke(context, async (invocation) => {
      current = invocation
      const request = parse(RestRequest, event, 'event of API Gateway')
      invocation.note({ path: request.path, gateway_request: request.requestContext.requestId })
      const response = await app.fetch(toRequest(request), { requestContext: request.requestContext })
      invocation.note({ status: response.status })
      const metadata = { statusCode: response.status, headers: Object.fromEntries(response.headers) }
      const body = response.body ?? new Blob([]).stream()
      await pipeline(body, startResponse(stream, metadata))
    })
}

/** The streamed routes have no body. Query parameters come decoded. */
function toRequest({ httpMethod, path, headers, queryStringParameters }: RestRequest): Request {
  const given = Object.entries(headers ?? {}).filter((each): each is [string, string] => each[1] !== undefined)
  const url = new URL(path, `https://${headers?.Host ?? headers?.host ?? 'api'}`)
  for (const [name, value] of Object.entries(queryStringParameters ?? {})) url.searchParams.set(name, value ?? '')
  return new Request(url, { method: httpMethod, headers: given })
}
