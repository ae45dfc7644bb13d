import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type AwsStub = Awaited<ReturnType<typeof startAwsStub>>

/** An endpoint for every AWS service on 127.0.0.1 that holds nothing and takes nothing, and remembers what it was asked. */
export async function startAwsStub() {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target'] ?? `${request.method} ${request.url}`)
    asked.push(operation)
    request.resume()
    const { status, body } = answerTo(operation)
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function answerTo(operation: string): { status: number; body: object } {
  if (operation.endsWith('.GetItem')) return { status: 200, body: {} }
  if (operation.endsWith('.Query')) return { status: 200, body: { Items: [], Count: 0 } }
  if (operation.endsWith('/listjobs')) return { status: 200, body: { jobSummaryList: [] } }
  if (operation.startsWith('HEAD ')) return { status: 404, body: {} }
  return { status: 400, body: { __type: 'AccessDeniedException', message: 'the stub takes nothing' } }
}
