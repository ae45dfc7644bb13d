import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { Fault } from '../core/platform/fault.ts'
import type { Ids } from '../core/platform/ports.ts'
import type { Authenticate } from '../functions/api/auth.ts'
import { isInternal } from '../functions/api/faults.ts'
import type { Frame, Frames } from '../functions/api/server-sent-events.ts'
import { takeCommands } from './web-socket-commands.ts'
import { refuseUpgrade } from './web-socket-refusal.ts'
import type { OpenSocket, webSocketRoutes } from './web-socket-routes.ts'

export interface WebSocketOptions {
  routes: ReturnType<typeof webSocketRoutes>
  authenticate: Authenticate
  isHostAllowed: (host: string) => boolean
  ids: Pick<Ids, 'next'>
  logError: (requestId: string, error: unknown) => void
  /** Peers are asked so often whether they are there; one that did not answer by the next time is dropped. */
  pingMs: number
}

const maxMessageBytes = 4096
// A peer may answer a goodbye within this time.
const goodbyeMs = 1_000

/**
 * The streams as WebSockets, on a server that speaks HTTP. Everything that can be refused is refused before the upgrade, with the
 * problem document that HTTP would answer. `close` says goodbye to every peer.
 */
export function serveWebSockets(server: HttpServer, options: WebSocketOptions): { close: () => void } {
  const { ids, logError, pingMs } = options
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => offered.has('sluice') && 'sluice',
  })
  const alive = new WeakSet<WebSocket>()

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    upgrade(request, socket, head).catch((error) => {
      const requestId = `req-${ids.next()}`
      if (isInternal(error)) logError(requestId, error)
      refuseUpgrade(socket, error, requestId)
    })
  })
  const pinging = setInterval(() => {
    for (const each of sockets.clients) {
      if (!alive.delete(each)) each.terminate()
      else each.ping()
    }
  }, pingMs)

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    checkPlace(request, options.isHostAllowed)
    const gone = new AbortController()
    socket.once('close', () => gone.abort())
    const open = await options.routes.open(request, options.authenticate, gone.signal)
    const first = await open.frames.next()
    if (gone.signal.aborted) return void (await open.frames.return(undefined))
    let isServed = false
    sockets.handleUpgrade(request, socket, head, (peer) => {
      isServed = true
      alive.add(peer)
      peer.on('pong', () => alive.add(peer))
      peer.on('error', () => peer.terminate())
      if (open.control) takeCommands(peer, open.control)
      void serve(peer, first, open)
    })
    // A handshake that breaks the protocol is answered without calling back.
    if (!isServed) await open.frames.return(undefined)
  }

  /** The next event is asked for when the last one is on its way: a peer that does not read holds one. */
  async function serve(
    peer: WebSocket,
    first: IteratorResult<Frame | undefined>,
    { frames }: OpenSocket,
  ): Promise<void> {
    try {
      await sendAll(peer, first, frames)
      peer.close(1000)
    } catch (error) {
      logError(`req-${ids.next()}`, error)
      peer.close(1011, 'the server has a problem; come back with the last id')
    } finally {
      await frames.return(undefined)
    }
  }

  return {
    close() {
      clearInterval(pinging)
      for (const each of sockets.clients) each.close(1001, 'the server stops')
      const cut = setTimeout(() => sockets.clients.forEach((each) => void each.terminate()), goodbyeMs)
      sockets.close(() => clearTimeout(cut))
    },
  }
}

async function sendAll(peer: WebSocket, first: IteratorResult<Frame | undefined>, frames: Frames): Promise<void> {
  for (let next = first; !next.done; next = await frames.next()) {
    const { value } = next
    if (peer.readyState !== peer.OPEN) return
    // A peer that is gone shows as one that is not open.
    if (value) await new Promise<void>((resolve) => peer.send(value.message(), { binary: false }, () => resolve()))
  }
}

/** As for HTTP; and a browser's page of another origin may not use this server. */
function checkPlace({ headers }: IncomingMessage, isHostAllowed: (host: string) => boolean): void {
  const { host = '', origin } = headers
  if (!isHostAllowed(host)) throw new Fault('forbidden', `Host "${host}" is not served here`)
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    throw new Fault('forbidden', `Origin "${origin}" is not this server's`)
}
