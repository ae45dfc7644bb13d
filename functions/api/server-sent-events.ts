import type { LiveEvent } from '../../schemas/live.ts'

// How long a browser waits before it comes back.
const reconnectMs = 1_000
// A quiet stream says so at least this often in polls, so that proxies keep the connection.
const pollsPerHeartbeat = 10

/**
 * The events as `text/event-stream`, `undefined` as a comment now and then. An error ends the stream after logging: its status is sent
 * already, and the client comes back with its last id.
 */
export async function* encodeEvents(
  first: IteratorResult<LiveEvent | undefined>,
  events: AsyncGenerator<LiveEvent | undefined>,
  logError: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  yield encoder.encode(`retry: ${reconnectMs}\n\n`)
  let quietPolls = 0
  try {
    for (let next = first; !next.done; next = await events.next()) {
      quietPolls = next.value === undefined ? quietPolls + 1 : 0
      if (next.value !== undefined) yield encoder.encode(encodeEvent(next.value))
      else if (quietPolls % pollsPerHeartbeat === 0) yield encoder.encode(': quiet\n\n')
    }
  } catch (error) {
    logError(error)
  } finally {
    await events.return(undefined)
  }
}

/** JSON has no line breaks of its own, so an event's data is one line. */
function encodeEvent({ event, id, data }: LiveEvent): string {
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`
}
