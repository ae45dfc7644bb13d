import { writeFile } from 'node:fs/promises'
import type { Server as HttpServer } from 'node:http'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { Fault } from '../core/platform/fault.ts'
import { createApp } from '../functions/api/app.ts'
import { liveRoute } from '../functions/api/routes/live.ts'
import { blobRoutes } from './blob-routes.ts'
import { type Cleanup, startedOrUndone } from './cleanup.ts'
import type { LocalConfig } from './config.ts'
import { consoleFiles } from './console-files.ts'
import { type Log, type RuntimeOptions, startRuntime } from './runtime.ts'
import { generatedSecret, tokenAuthentication } from './token.ts'

export type Server = Awaited<ReturnType<typeof startServer>>

// A viewer's connection costs nothing here, so a stream goes on for long.
const livePace = { pollMs: 250, budgetMs: 3_600_000 }
// Requests under way may end within this time; then their connections are cut.
const closingMs = 5_000

/**
 * The embedded server: the runtime behind HTTP on 127.0.0.1. `server.json` and `token` in the data directory tell clients where
 * and how. Fault `conflict` when the port or the directory is in use.
 */
export async function startServer(config: LocalConfig, log: Log, overrides: Partial<RuntimeOptions> = {}) {
  return startedOrUndone((cleanup) => assemble(config, log, overrides, cleanup))
}

async function assemble(config: LocalConfig, log: Log, overrides: Partial<RuntimeOptions>, cleanup: Cleanup) {
  let url = ''
  const runtime = await startRuntime({ ...config, log, baseUrl: () => url, ...overrides })
  cleanup.add(() => runtime.stop())
  const { platform } = runtime
  const token = await generatedSecret(config.directory, 'token')
  const logError = (requestId: string, error: unknown) => log('request failed', { requestId, error })
  const isHostAllowed = (host: string) => allowedHosts(url).has(host.toLowerCase())
  const stopping = new AbortController()
  const api = createApp(platform, {
    authenticate: tokenAuthentication(token),
    isHostAllowed,
    logError,
    live: { route: liveRoute, pace: { ...livePace, stopping: stopping.signal } },
  })
  const files = blobRoutes(runtime.blobs, {
    signingKey: runtime.signingKey,
    clock: platform.clock,
    ids: platform.ids,
    logError,
  })
  const pages = consoleFiles()
  // A Host that is not served goes to the API, which refuses it.
  const fetch = async (request: Request) => {
    if (!isHostAllowed(request.headers.get('host') ?? '')) return api.fetch(request)
    if (new URL(request.url).pathname.startsWith('/blobs/')) return files.fetch(request)
    return (await pages(request)) ?? api.fetch(request)
  }

  const listener = await listen(fetch, config.port)
  cleanup.add(() => listener.close())
  cleanup.add(() => stopping.abort())
  url = `http://127.0.0.1:${listener.port}`
  await writeFile(join(config.directory, 'server.json'), JSON.stringify({ url, pid: process.pid }), { mode: 0o600 })

  return {
    url,
    token,
    platform,
    settled: runtime.settled,
    stop: () => cleanup.run(),
  }
}

function allowedHosts(url: string): Set<string> {
  const { port } = new URL(url)
  return new Set(['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`))
}

function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  port: number,
): Promise<{ port: number; close: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname: '127.0.0.1' }, (address) =>
      resolve({ port: address.port, close: () => closed(server as HttpServer) }),
    )
    server.once('error', (error: NodeJS.ErrnoException) => {
      const used = error.code === 'EADDRINUSE'
      reject(
        used
          ? new Fault(
              'conflict',
              `port ${port} of 127.0.0.1 is in use; stop what listens there, or set SLUICE_PORT (0 for any free port)`,
            )
          : error,
      )
    })
  })
}

/** Resolves when the last request has its answer, at the latest after `closingMs`. */
async function closed(server: HttpServer): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), closingMs)
  // A connection that a client keeps alive is idle once its request is answered.
  const sweep = setInterval(() => server.closeIdleConnections(), 20)
  await new Promise((resolve) => server.close(resolve))
  clearTimeout(cut)
  clearInterval(sweep)
}
