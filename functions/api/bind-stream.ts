import type { Hono } from 'hono'
import type { Operation } from '../../schemas/operations/operation.ts'
import type { Authenticate } from './auth.ts'
import { type Input, identify, parseInput } from './bind.ts'
import { encodeEvents, type Frames } from './server-sent-events.ts'

export interface StreamRequest {
  /** Where the client goes on: header `Last-Event-ID`, which browsers send by themselves. */
  lastEventId: string | undefined
  /** Aborted when the client goes, where the platform tells: Lambda never does. */
  signal: AbortSignal
}

/**
 * Binds an operation whose answer is a stream of server-sent events. Nothing is sent before the first event is there, so that a
 * fault found by then is an ordinary problem document.
 */
export function bindStream<Op extends Operation>(
  app: Hono,
  operation: Op,
  authenticate: Authenticate,
  logError: (request: Request, error: unknown) => void,
  open: (input: Input<Op>, request: StreamRequest) => Frames,
): void {
  app.on(operation.method.toUpperCase(), operation.path.replaceAll(/\{(\w+)\}/g, ':$1'), async (context) => {
    const caller = await identify(context, operation, authenticate)
    const input = { ...(await parseInput(context, operation)), caller } as Input<Op>
    const request = context.req.raw
    const frames = open(input, { lastEventId: context.req.header('last-event-id'), signal: request.signal })
    const first = await frames.next()
    const body = ReadableStream.from(encodeEvents(first, frames, (error) => logError(request, error)))
    return context.body(body as ReadableStream, 200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // A proxy that collects the answer before passing it on would hold every event back.
      'x-accel-buffering': 'no',
    })
  })
}
