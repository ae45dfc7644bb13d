import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Writable } from 'node:stream'
import type { APIGatewayProxyResult } from 'hono/aws-lambda'
import type { StartResponse } from '../../functions/lambda/stream-handler.ts'
import { restRequest } from '../lambda/support/rest-request.ts'
import { expectedSignature, type SignedRequest, signatureOf } from '../support/aws-signature.ts'
import type { DeployedStack } from './end-to-end-stack.ts'

export interface GatewayOptions extends Pick<DeployedStack, 'route'> {
  stage: string
  credentials: { accessKeyId: string; secretAccessKey: string }
  /** Who has these credentials. */
  userArn: string
  invoke: (name: string, event: unknown, stream?: Writable) => Promise<unknown>
}

/**
 * API Gateway in front of the deployed routes: checks the signature where a route asks for one, invokes the route's function with the
 * REST proxy event, writes its answer.
 */
export async function startGateway(options: GatewayOptions): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer(async (incoming, response) => {
    const request = await received(incoming)
    await serve(options, request, response).catch(() => {
      // What API Gateway says when the function fails.
      if (response.headersSent) response.destroy()
      else refuse(response, 502, 'Internal server error')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${options.stage}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Lambda's `HttpResponseStream.from` where the stream is the answer itself. */
export const startHttpResponse: StartResponse = (stream: Writable, { statusCode, headers }) => {
  ;(stream as ServerResponse).writeHead(statusCode, headers)
  return stream
}

async function serve(
  { route, stage, credentials, userArn, invoke }: GatewayOptions,
  request: SignedRequest,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.path, 'http://api')
  const path = url.pathname.slice(`/${stage}`.length)
  const found = url.pathname.startsWith(`/${stage}/`) ? route(request.method, path) : undefined
  if (!found) return refuse(response, 403, 'Missing Authentication Token')
  const isSigned = found.authorization === 'AWS_IAM'
  if (isSigned && !isSignedBy(request, credentials))
    return refuse(response, 403, 'The request signature we calculated does not match the signature you provided.')
  const query = Object.fromEntries(url.searchParams)
  const event = restRequest(request.method, path, {
    headers: headersOf(request),
    ...(request.body !== '' && { body: request.body }),
    ...(url.search !== '' && { query }),
    ...(isSigned && { iam: userArn }),
  })
  const identified = { ...event, requestContext: { ...event.requestContext, requestId: randomUUID() } }
  if (found.isStreamed) return void (await invoke(found.function, identified, response))
  write((await invoke(found.function, identified)) as APIGatewayProxyResult, response)
}

function isSignedBy(request: SignedRequest, { accessKeyId, secretAccessKey }: GatewayOptions['credentials']): boolean {
  const { authorization = '' } = request.headers
  return (
    authorization.includes(`Credential=${accessKeyId}/`) &&
    authorization.includes('/us-east-1/execute-api/aws4_request') &&
    signatureOf(request) === expectedSignature(request, secretAccessKey)
  )
}

/** In the case that the sample event has them, which they replace. */
function headersOf({ headers }: SignedRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.replaceAll(/(^|-)[a-z]/g, (first) => first.toUpperCase()),
      String(value),
    ]),
  )
}

function write(
  { statusCode, headers, multiValueHeaders, body, isBase64Encoded }: APIGatewayProxyResult,
  to: ServerResponse,
) {
  for (const [name, value] of Object.entries({ ...headers, ...multiValueHeaders })) to.setHeader(name, value as string)
  to.writeHead(statusCode).end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'))
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }))
}

async function received(incoming: IncomingMessage): Promise<SignedRequest> {
  const body = Buffer.concat(await incoming.toArray()).toString('utf8')
  return { method: incoming.method ?? '', path: incoming.url ?? '', headers: incoming.headers, body }
}
