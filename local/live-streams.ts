import type { ServerResponse } from 'node:http'
import { playJob } from '../core/jobs/play-job.ts'
import { createSeriesReader } from '../core/metrics/series-reader.ts'
import type { Platform } from '../core/platform/ports.ts'
import type { Streams } from '../functions/api/routes/live.ts'
import { framed } from '../functions/api/server-sent-events.ts'
import type { LiveHub } from './live-hub.ts'

// A viewer's connection costs little here, so a playback goes on for long.
const budgetMs = 3_600_000

/** The embedded server's streams: viewers of a job share its reader, each playback is its own. */
export function localStreams(platform: Platform, hub: LiveHub): Streams {
  const recorded = createSeriesReader(platform)
  return {
    watch: (job, { after, signal }) => hub.watch(platform, job, after, signal),
    play: (job, query, viewer) => framed(playJob(platform, recorded, job, query, { ...viewer, budgetMs })),
  }
}

/**
 * Ends the connection of a viewer that takes nothing for so long: until then its stream holds one event. A quiet stream that is read
 * sends a comment every 10 s.
 */
export function endStalled(response: Response, outgoing: ServerResponse | undefined, stallMs: number): void {
  if (response.headers.get('content-type') === 'text/event-stream')
    outgoing?.setTimeout(stallMs, () => outgoing.destroy())
}
