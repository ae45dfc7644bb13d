import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { toProblem } from '../functions/api/faults.ts'

/** Answers an upgrade with a problem document in place of a WebSocket, and ends the connection. */
export function refuseUpgrade(socket: Duplex, error: unknown, requestId: string): void {
  if (socket.destroyed) return
  const { problem, status } = toProblem(error, requestId)
  const body = JSON.stringify(problem)
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(status === 401 ? ['www-authenticate: Bearer'] : []),
    'connection: close',
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
