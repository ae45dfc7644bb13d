import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { createEndpoints } from '../../adapters/system/endpoints.ts'
import { type Asked, type EndpointsHarness, endpointsContract, type Told } from '../contract/endpoints-contract.ts'

const maxBytes = 1000

async function open(): Promise<EndpointsHarness> {
  const asked: Asked[] = []
  let told: Told = 'hang up'
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    asked.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(pieces).toString('utf8') })
    answer(response, told)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoints: createEndpoints({ maxBytes }),
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tell: (next) => {
      told = next
    },
    asked: () => asked,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(response: ServerResponse, told: Told): void {
  if (told === 'never') return
  if (told === 'hang up') response.socket?.destroy()
  else response.writeHead(told.status, told.headers).end(told.body)
}

endpointsContract('over HTTP', open)

it('reads no answer above its limit, and names the host', async () => {
  const harness = await open()
  const post = () => harness.endpoints.post({ url: harness.url, headers: {}, body: '{}', timeoutMs: 5_000 })
  harness.tell({ status: 200, body: 'x'.repeat(maxBytes) })
  expect((await post()).body).toHaveLength(maxBytes)
  harness.tell({ status: 200, body: 'x'.repeat(maxBytes + 1) })
  const refused = await post().catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'too_large', message: expect.stringContaining('127.0.0.1') })
  await harness.stop()
})
