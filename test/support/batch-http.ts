import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json, JsonObject } from '../../core/platform/ports.ts'

export interface AwsCall {
  /** The path of REST-JSON (`/v1/submitjob`), or the operation that JSON 1.0 and 1.1 name in `X-Amz-Target`. */
  operation: string
  input: JsonObject
}

/** An error as AWS's JSON protocols carry it. */
export class AwsError extends Error {
  readonly status: number
  readonly type: string

  constructor(type: string, message: string, status = 400) {
    super(message)
    this.type = type
    this.status = status
  }
}

/** An error as the answer; the work done, but the connection closed without an answer; or neither work nor answer. */
export type AwsFailure = AwsError | 'answer lost' | 'silence'

export interface AwsServer {
  endpoint: string
  /** How often each operation was called, failed calls too. */
  calls: Map<string, number>
  /** The next calls of the operation end so. */
  failNext(operation: string, ...failures: AwsFailure[]): void
  stop(): Promise<void>
}

/** A server on 127.0.0.1 that speaks AWS's JSON protocols: REST-JSON, JSON 1.0 and JSON 1.1. */
export async function serveAws(handle: (call: AwsCall) => Promise<Json> | Json): Promise<AwsServer> {
  const calls = new Map<string, number>()
  const failures = new Map<string, AwsFailure[]>()
  const server = createServer(async (request, response) => {
    const call = await readCall(request)
    calls.set(call.operation, (calls.get(call.operation) ?? 0) + 1)
    const failure = failures.get(call.operation)?.shift()
    if (failure === 'silence') return
    try {
      if (failure instanceof AwsError) throw failure
      const body = JSON.stringify(await handle(call))
      if (failure === 'answer lost') return request.socket.destroy()
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    } catch (error) {
      const { status, type, message } =
        error instanceof AwsError ? error : new AwsError('InternalFailure', String((error as Error).stack), 500)
      response
        .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
        .end(JSON.stringify({ __type: type, message }))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    failNext(operation, ...more) {
      failures.set(operation, [...(failures.get(operation) ?? []), ...more])
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function readCall(request: IncomingMessage): Promise<AwsCall> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const target = request.headers['x-amz-target']
  return {
    operation: typeof target === 'string' ? target.slice(target.indexOf('.') + 1) : (request.url ?? ''),
    input: JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as JsonObject,
  }
}
