import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Problem } from '../../schemas/problem.ts'

export interface Received {
  method: string
  /** With the query. */
  path: string
  headers: IncomingMessage['headers']
  body: string
}
export type Reply = { status?: number; headers?: Record<string, string>; body: unknown } | 'hang up'

export interface StubServer {
  url: string
  received: Received[]
  /** Options that lead a command here. */
  options: string[]
}

/** An HTTP server that answers as the test says, over real sockets. Ends with the test. */
export async function startStub(
  answer: (request: Received, nth: number) => Reply | Promise<Reply>,
): Promise<StubServer> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(pieces).toString('utf8'),
    }
    received.push(seen)
    const reply = await answer(seen, received.length)
    if (reply === 'hang up') return void request.socket.destroy()
    const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body)
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, received, options: ['--url', url, '--token', 'secret'] }
}

export function problem(
  code: string,
  status: number,
  detail: string,
  errors: Problem['errors'] = [],
  headers: Record<string, string> = {},
): Reply {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: { type: `/problems/${code}`, title: code, status, detail, instance: 'req-1', errors },
  }
}
