import {
  type APIGatewayProxyResult,
  type LambdaContext as HonoContext,
  handle,
  type LambdaEvent,
} from 'hono/aws-lambda'
import { RestRequest } from '../../schemas/aws-events.ts'
import { createApp } from '../api/app.ts'
import { gatewayPrincipal } from './gateway-principal.ts'
import { createInvoker, type Entry, type Invocation, type LambdaContext } from './invocation.ts'
import { faultMetric } from './metrics.ts'
import { parseEvent } from './parse-event.ts'

/** The HTTP API behind a REST API. Fault `invalid` when the event is not API Gateway's: something else invoked the function. */
export function createApiHandler(entry: Entry) {
  const invoke = createInvoker(entry)
  // A process serves one invocation at a time.
  let current: Invocation | undefined
  const app = createApp(entry.platform, {
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
      const response = await respond(event as LambdaEvent, context as HonoContext)
      invocation.note({ status: response.statusCode })
      return response
    })
}
