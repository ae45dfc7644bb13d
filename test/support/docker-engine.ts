import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Container, createContainer } from './docker-engine-container.ts'

export interface DockerEngine {
  /** For the environment of a process: `DOCKER_HOST`. */
  host: string
  stop(): Promise<void>
}

interface Request {
  method: string
  /** Without the version. */
  path: string
  query: URLSearchParams
  body: Record<string, unknown>
}

/**
 * The part of the Docker Engine API (1.45) that the AWS stand-in's Batch uses, on 127.0.0.1. A container is a child process of this
 * machine, not isolated; every image exists and means nothing.
 */
export async function startDockerEngine(): Promise<DockerEngine> {
  const containers = new Map<string, Container>()
  const server = createServer(async (message, response) => {
    try {
      await serve(await readRequest(message), response, containers)
    } catch (error) {
      answer(response, 500, { message: String((error as Error).stack) })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const container of containers.values()) container.kill('SIGKILL')
      await Promise.all([...containers.values()].map((container) => container.ended()))
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function serve(request: Request, response: ServerResponse, containers: Map<string, Container>): Promise<void> {
  const { method, path, query, body } = request
  if (path === '/_ping') return answer(response, 200, 'OK')
  if (path === '/version')
    return answer(response, 200, { ApiVersion: '1.45', MinAPIVersion: '1.24', Version: '26.1.0' })
  if (method === 'POST' && path === '/containers/create') {
    const container = createContainer({
      name: query.get('name') ?? '',
      command: body.Cmd as string[],
      environment: (body.Env ?? []) as string[],
    })
    containers.set(container.id, container)
    return answer(response, 201, { Id: container.id, Warnings: [] })
  }
  const [, id = '', action = ''] = /^\/containers\/([^/]+)(?:\/([a-z]+))?$/.exec(path) ?? []
  const container = containers.get(id)
  if (!container) return answer(response, 404, { message: `No such container: ${id}` })
  switch (`${method} ${action}`) {
    case 'GET json':
      return answer(response, 200, container.inspect())
    case 'POST start':
      container.start()
      return answer(response, 204)
    case 'POST wait':
      return answer(response, 200, { StatusCode: await container.ended() })
    case 'GET logs':
      return answer(
        response,
        200,
        container.logs({ stdout: query.get('stdout') !== '0', stderr: query.get('stderr') !== '0' }),
      )
    case 'POST kill':
      if (!container.isRunning()) return answer(response, 409, { message: `Container ${id} is not running` })
      container.kill((query.get('signal') ?? 'SIGKILL') as NodeJS.Signals)
      return answer(response, 204)
    case 'POST stop':
      container.kill('SIGTERM')
      setTimeout(() => container.kill('SIGKILL'), Number(query.get('t') ?? 10) * 1_000).unref()
      await container.ended()
      return answer(response, 204)
    case 'DELETE ':
      if (container.isRunning()) return answer(response, 409, { message: `Container ${id} is running` })
      containers.delete(id)
      return answer(response, 204)
    default:
      return answer(response, 501, { message: `${method} ${path} is not served` })
  }
}

function answer(response: ServerResponse, status: number, body?: object | string): void {
  if (body instanceof Uint8Array) {
    response.writeHead(status, { 'content-type': 'application/vnd.docker.multiplexed-stream' }).end(body)
    return
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(body === undefined ? '' : JSON.stringify(body))
}

async function readRequest(message: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  const url = new URL(message.url ?? '/', 'http://docker')
  return {
    method: message.method ?? 'GET',
    path: url.pathname.replace(/^\/v\d+\.\d+/, ''),
    query: url.searchParams,
    body: JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as Record<string, unknown>,
  }
}
