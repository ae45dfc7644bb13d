import {
  type APIGatewayProxyResult,
  type LambdaContext as HonoContext,
  handle,
  type LambdaEvent,
} from 'hono/aws-lambda'
import { Fault } from '../../core/platform/fault.ts'
import { RestRequest } from '../../schemas/aws-events.ts'
import { createApp } from '../api/app.ts'
import { toProblem } from '../api/faults.ts'
import { gatewayPrincipal } from './gateway-principal.ts'
import { createInvoker, type Entry, type Invocation, type LambdaContext } from './invocation.ts'
import { faultMetric } from './metrics.ts'
import { parseEvent } from './parse-event.ts'

// Lambda takes 6 MB of a buffered answer, as the JSON that it is sent in; a little is for what Lambda adds.
const mostBytes = 6 * 1_048_576 - 4096

/** The HTTP API behind a REST API. Fault `invalid` when the event is not API Gateway's: something else invoked the function. */
export function createApiHandler(entry: Entry) {
  const invoke = createInvoker(entry)
  // A process serves one invocation at a time.
  let current: Invocation | undefined
  const app = createApp(entry.platform, {
    // Of the 1 GiB of the function.
    seriesBytes: 192 * 1024 * 1024,
    authenticate: gatewayPrincipal,
    logError(problem, error) {
      current?.log.error('request failed', { problem, error })
      current?.count(faultMetric(error))
    },
  })
  const respond = handle(app)

  return (event: unknown, context: LambdaContext): Promise<APIGatewayProxyResult> =>
    invoke(context, async (invocation) => {
      current = invocation
      const { httpMethod, path, requestContext } = parseEvent(RestRequest, event, 'event of API Gateway')
      invocation.note({ method: httpMethod, path, gateway_request: requestContext.requestId })
      const whole = await respond(event as LambdaEvent, context as HonoContext)
      const response = fits(whole) ? whole : tooLarge(path, requestContext.requestId)
      invocation.note({ status: response.statusCode })
      return response
    })
}

function fits(response: APIGatewayProxyResult): boolean {
  // JSON makes of one character six bytes at most: a short body needs no counting.
  return response.body.length * 6 < mostBytes || Buffer.byteLength(JSON.stringify(response)) <= mostBytes
}

// Lambda would drop the answer, and the client read "Internal server error".
function tooLarge(path: string, requestId: string): APIGatewayProxyResult {
  const message = `the answer of ${path} is larger than the 6 MB that Lambda passes on: ask for a smaller page or range`
  const { problem, status } = toProblem(new Fault('too_large', message), requestId)
  return {
    statusCode: status,
    body: JSON.stringify(problem),
    headers: { 'content-type': 'application/problem+json' },
    isBase64Encoded: false,
  }
}
