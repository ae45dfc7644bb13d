// How long a browser waits before it comes back.
const reconnectMs = 1_000
// A quiet stream says so at least this often in polls, so that proxies keep the connection.
const pollsPerHeartbeat = 10

/** What a stream sends: one event of `LiveEvent` or `PlaybackEvent`. */
export interface StreamEvent {
  event: string
  id: string
  data: unknown
}

/** An event as it is sent, made once for all viewers. */
export interface Frame {
  /** Of its data, as text. */
  size: number
  /** As a server-sent event. */
  sse(): Uint8Array
  /** As a WebSocket message. */
  message(): Uint8Array
}

export type Frames = AsyncGenerator<Frame | undefined>

const encoder = new TextEncoder()

/** JSON has no line breaks of its own, so an event's data is one line. */
export function toFrame({ event, id, data }: StreamEvent): Frame {
  const json = JSON.stringify(data)
  let sse: Uint8Array | undefined
  let message: Uint8Array | undefined
  return {
    size: json.length,
    sse: () => (sse ??= encoder.encode(`event: ${event}\nid: ${id}\ndata: ${json}\n\n`)),
    message: () =>
      (message ??= encoder.encode(`{"event":${JSON.stringify(event)},"id":${JSON.stringify(id)},"data":${json}}`)),
  }
}

/** Events of one viewer's own as frames. */
export async function* framed(events: AsyncGenerator<StreamEvent | undefined>): Frames {
  for await (const event of events) yield event && toFrame(event)
}

/**
 * The frames as `text/event-stream`, `undefined` as a comment now and then. An error ends the stream after logging: its status is sent
 * already, and the client comes back with its last id.
 */
export async function* encodeEvents(
  first: IteratorResult<Frame | undefined>,
  frames: Frames,
  logError: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  yield encoder.encode(`retry: ${reconnectMs}\n\n`)
  let quietPolls = 0
  try {
    for (let next = first; !next.done; next = await frames.next()) {
      quietPolls = next.value === undefined ? quietPolls + 1 : 0
      if (next.value !== undefined) yield next.value.sse()
      else if (quietPolls % pollsPerHeartbeat === 0) yield encoder.encode(': quiet\n\n')
    }
  } catch (error) {
    logError(error)
  } finally {
    await frames.return(undefined)
  }
}
