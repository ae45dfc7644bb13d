import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { consoleFiles } from '../../../local/console-files.ts'
import { ensureConsole } from './ensure-console.ts'

export interface StubAnswer {
  status?: number
  body?: unknown
  /** In place of a body: server-sent events. */
  stream?: ReadableStream<Uint8Array>
}
export interface StubRequest {
  url: URL
  headers: Headers
  body: unknown
}
type Answers = Record<string, (request: StubRequest) => StubAnswer>

/**
 * The console over answers that a test makes up, by `METHOD /path`: for states that a real server passes through too fast or
 * never reaches. What is not made up is 404, as a problem.
 */
export async function startStubServer(answers: Answers) {
  await ensureConsole()
  const pages = consoleFiles()
  const asked: (StubRequest & { name: string })[] = []
  const fetch = async (request: Request) => {
    const page = await pages(request)
    if (page) return page
    const url = new URL(request.url)
    const text = await request.text()
    const name = `${request.method} ${url.pathname}`
    const given = { url, headers: request.headers, body: text === '' ? undefined : JSON.parse(text) }
    asked.push({ ...given, name })
    const { status = 200, body, stream } = answers[name]?.(given) ?? problem(404, 'not_found', `nothing at ${name}`)
    if (stream) return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
    return Response.json(body, { status })
  }
  const server = serve({ fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answers,
    stop: () => new Promise((resolve) => server.close(resolve)),
  }
}

/** A problem document as the API writes it. */
export function problem(status: number, code: string, detail: string, errors: object[] = []): StubAnswer {
  const body = { type: `/problems/${code}`, title: code, status, detail, instance: 'req-1', errors }
  return { status, body }
}
