import { writeFile } from 'node:fs/promises'
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { Fault } from '../core/platform/fault.ts'
import type { Platform } from '../core/platform/ports.ts'
import { createApp } from '../functions/api/app.ts'
import { liveRoute } from '../functions/api/routes/live.ts'
import { deployable } from '../functions/manifest.ts'
import { restrictTo } from '../functions/restrict-platform.ts'
import { blobRoutes } from './blob-routes.ts'
import { type Cleanup, startedOrUndone } from './cleanup.ts'
import type { LocalConfig } from './config.ts'
import { consoleFiles } from './console-files.ts'
import { createLiveHub, type LiveLimits, liveLimits } from './live-hub.ts'
import { endStalled, localStreams } from './live-streams.ts'
import { createPrometheus } from './prometheus.ts'
import { type Log, type RuntimeOptions, startRuntime } from './runtime.ts'
import { generatedSecret, tokenAuthentication } from './token.ts'
import { webSocketRoutes } from './web-socket-routes.ts'
import { serveWebSockets } from './web-sockets.ts'

export type Server = Awaited<ReturnType<typeof startServer>>

/** How long a viewer that takes nothing keeps its connection, and how often peers of WebSockets are asked whether they are there. */
const viewerLimits = { stallMs: 30_000, pingMs: 30_000 }
export interface ServerOptions extends RuntimeOptions {
  viewers: Partial<LiveLimits & typeof viewerLimits>
}

// Requests under way may end within this time; then their connections are cut.
const closingMs = 5_000

/**
 * The embedded server: the runtime behind HTTP on 127.0.0.1. `server.json` and `token` in the data directory tell clients where
 * and how. Fault `conflict` when the port or the directory is in use.
 */
export async function startServer(config: LocalConfig, log: Log, overrides: Partial<ServerOptions> = {}) {
  return startedOrUndone((cleanup) => assemble(config, log, overrides, cleanup))
}

async function assemble(
  config: LocalConfig,
  log: Log,
  { viewers = {}, ...overrides }: Partial<ServerOptions>,
  cleanup: Cleanup,
) {
  const limits = { ...liveLimits, ...viewerLimits, ...viewers }
  let url = ''
  const hub = createLiveHub(limits)
  const prometheus = createPrometheus()
  const around = (drivers: Platform) => prometheus.around(hub.around(overrides.around?.(drivers) ?? drivers))
  const runtime = await startRuntime({ ...config, log, baseUrl: () => url, ...overrides, around })
  cleanup.add(() => runtime.stop())
  const { platform } = runtime
  const token = await generatedSecret(config.directory, 'token')
  const logError = (requestId: string, error: unknown) => log('request failed', { requestId, error })
  const isHostAllowed = (host: string) => allowedHosts(url).has(host.toLowerCase())
  const stopping = new AbortController()
  const streams = localStreams(restrictTo(platform, deployable('stream')), hub)
  const authenticate = tokenAuthentication(token)
  const api = createApp(platform, {
    authenticate,
    isHostAllowed,
    logError,
    live: {
      route: (app, restricted, options) => liveRoute(app, restricted, { ...options, streams }),
      pace: { pollMs: limits.pollMs, budgetMs: Number.POSITIVE_INFINITY, stopping: stopping.signal },
    },
  })
  const files = blobRoutes(runtime.blobs, {
    signingKey: runtime.signingKey,
    clock: platform.clock,
    ids: platform.ids,
    logError,
  })
  const pages = consoleFiles()
  const scrape = prometheus.endpoint(platform, { authenticate, logError, counts: runtime.counts })
  // A Host that is not served goes to the API, which refuses it.
  const fetch = prometheus.measured(async (request: Request, { outgoing }: Binding) => {
    if (!isHostAllowed(request.headers.get('host') ?? '')) return api.fetch(request)
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/blobs/')) return files.fetch(request)
    if (pathname === '/metrics') return scrape(request)
    const page = await pages(request)
    if (page) return page
    const response = await api.fetch(request)
    endStalled(response, outgoing, limits.stallMs)
    return response
  })

  const listener = await listen(fetch, config.port)
  cleanup.add(() => listener.close())
  const sockets = serveWebSockets(listener.server, {
    routes: webSocketRoutes(streams, stopping.signal),
    authenticate,
    isHostAllowed,
    ids: platform.ids,
    logError,
    pingMs: limits.pingMs,
  })
  cleanup.add(() => stopping.abort())
  cleanup.add(() => sockets.close())
  url = `http://127.0.0.1:${listener.port}`
  await writeFile(join(config.directory, 'server.json'), JSON.stringify({ url, pid: process.pid }), { mode: 0o600 })

  return {
    url,
    token,
    platform,
    /** How many watch jobs live. */
    viewers: () => hub.viewers(),
    settled: runtime.settled,
    stop: () => cleanup.run(),
  }
}

function allowedHosts(url: string): Set<string> {
  const { port } = new URL(url)
  return new Set(['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`))
}

/** What a request comes with. */
interface Binding {
  outgoing: ServerResponse
}

function listen(
  fetch: (request: Request, binding: Binding) => Response | Promise<Response>,
  port: number,
): Promise<{ server: HttpServer; port: number; close: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const options = { fetch: (request: Request, binding: object) => fetch(request, binding as Binding), port }
    // Requests that offer another protocol, as curl does HTTP/2, are answered in this one.
    const shouldUpgradeCallback = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket'
    const server = serve({ ...options, hostname: '127.0.0.1', serverOptions: { shouldUpgradeCallback } }, (address) =>
      resolve({ server: server as HttpServer, port: address.port, close: () => closed(server as HttpServer) }),
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
