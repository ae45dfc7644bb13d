import type { RawData, WebSocket } from 'ws'
import type { PlayControl } from '../core/jobs/play-control.ts'
import { isFault } from '../core/platform/fault.ts'
import { parse } from '../core/platform/parse.ts'
import { PlaybackCommand } from '../schemas/live.ts'

const maxBufferedBytes = 64 * 1024

/** Hands a peer's commands to its playback. What is no command is answered with an `error` message, and everything goes on. */
export function takeCommands(peer: WebSocket, control: PlayControl): void {
  peer.on('message', (data, isBinary) => {
    try {
      control.send(commandOf(data, isBinary))
    } catch (error) {
      // A peer that floods the server and reads nothing gets no answers either.
      if (peer.bufferedAmount < maxBufferedBytes)
        peer.send(JSON.stringify({ event: 'error', data: { message: textOf(error) } }))
    }
  })
}

function commandOf(data: RawData, isBinary: boolean): PlaybackCommand {
  if (isBinary) throw new SyntaxError('the message is binary; send JSON as text')
  return parse(PlaybackCommand, JSON.parse(String(data)), 'playback command')
}

function textOf(error: unknown): string {
  if (!isFault(error)) return `not a playback command: ${(error as Error).message}`
  return [error.message, ...error.errors.map(({ pointer, message }) => `${pointer} ${message}`)].join('; ')
}
