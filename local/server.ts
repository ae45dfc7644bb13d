import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { Fault } from '../core/platform/fault.ts'
import { createApp } from '../functions/api/app.ts'
import { blobRoutes } from './blob-routes.ts'
import type { LocalConfig } from './config.ts'
import { type Log, type RuntimeOptions, startRuntime } from './runtime.ts'
import { generatedSecret, tokenAuthentication } from './token.ts'

export type Server = Awaited<ReturnType<typeof startServer>>

/** The embedded server: the runtime behind HTTP on 127.0.0.1. `server.json` and `token` in the data directory tell clients where and how. */
export async function startServer(config: LocalConfig, log: Log, overrides: Partial<RuntimeOptions> = {}) {
  let url = ''
  const runtime = await startRuntime({ ...config, log, baseUrl: () => url, ...overrides })
  const { platform } = runtime
  const token = await generatedSecret(config.directory, 'token')
  const api = createApp(platform, {
    authenticate: tokenAuthentication(token),
    isHostAllowed: (host) => allowedHosts(url).has(host.toLowerCase()),
    logError: (requestId, error) => log('request failed', { requestId, error }),
  })
  const files = blobRoutes(runtime.blobs, runtime.signingKey, platform.clock)
  const fetch = (request: Request) =>
    new URL(request.url).pathname.startsWith('/blobs/') ? files.fetch(request) : api.fetch(request)

  const listener = await listen(fetch, config.port).catch(async (error) => {
    await runtime.stop()
    throw error
  })
  url = `http://127.0.0.1:${listener.port}`
  await writeFile(join(config.directory, 'server.json'), JSON.stringify({ url, pid: process.pid }), { mode: 0o600 })

  return {
    url,
    token,
    platform,
    settled: runtime.settled,
    async stop(): Promise<void> {
      await listener.close()
      await runtime.stop()
    },
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
      resolve({
        port: address.port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            if ('closeAllConnections' in server) server.closeAllConnections()
          }),
      }),
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
