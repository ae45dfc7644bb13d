import type { Hono } from 'hono'
import { watchLive } from '../../../core/jobs/live-job.ts'
import type { PlayControl } from '../../../core/jobs/play-control.ts'
import { playJob } from '../../../core/jobs/play-job.ts'
import { createSeriesReader } from '../../../core/metrics/series-reader.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import type { PlaybackQuery } from '../../../schemas/live.ts'
import { metricOperations } from '../../../schemas/operations/metrics.ts'
import { monitoringOperations } from '../../../schemas/operations/monitoring.ts'
import type { Authenticate } from '../auth.ts'
import { bindStream, type StreamRequest } from '../bind-stream.ts'
import { type Frames, framed } from '../server-sent-events.ts'

/** How often a stream looks, and when it ends itself. */
export interface LivePace {
  pollMs: number
  budgetMs: number
  /** Ends every stream: the server stops. */
  stopping?: AbortSignal
}

/** What one viewer gets. `after` is the id of the last event it saw. */
export interface Streams {
  watch(job: string, viewer: Viewer): Frames
  play(job: string, query: PlaybackQuery, viewer: Viewer & { control?: PlayControl }): Frames
}

export interface Viewer {
  after: string | undefined
  signal: AbortSignal
}

export interface LiveOptions {
  pace: LivePace
  authenticate: Authenticate
  logError: (request: Request, error: unknown) => void
  /** In place of streams that each read the store for themselves. */
  streams?: Streams
}

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock'>

/** A job as it goes on, and its recorded metrics again, as server-sent events. */
export function liveRoute(app: Hono, platform: Needs, options: LiveOptions): void {
  const { authenticate, logError, pace } = options
  const { watch, play } = options.streams ?? createStreams(platform, pace)
  const viewerOf = ({ lastEventId, signal }: StreamRequest, after: string | undefined): Viewer => ({
    after: lastEventId ?? after,
    signal: pace.stopping ? AbortSignal.any([signal, pace.stopping]) : signal,
  })
  const { watchJob, playJob } = metricOperations
  bindStream(app, watchJob, authenticate, logError, ({ params, query }, request) =>
    watch(params.job, viewerOf(request, query.after)),
  )
  bindStream(app, playJob, authenticate, logError, ({ params, query }, request) =>
    play(params.job, query, viewerOf(request, query.after)),
  )
  const { watchMonitoringJob, playMonitoringJob } = monitoringOperations
  bindStream(app, watchMonitoringJob, authenticate, logError, ({ params, query }, request) =>
    watch(params.job_id, viewerOf(request, query.after)),
  )
  bindStream(app, playMonitoringJob, authenticate, logError, ({ params, query }, request) =>
    play(params.job_id, query, viewerOf(request, query.after)),
  )
}

/** Streams that read the store for each viewer. */
export function createStreams(platform: Needs, { pollMs, budgetMs }: LivePace): Streams {
  const recorded = createSeriesReader(platform)
  return {
    watch: (job, viewer) => framed(watchLive(platform, job, { ...viewer, pollMs, budgetMs })),
    play: (job, query, viewer) => framed(playJob(platform, recorded, job, query, { ...viewer, budgetMs })),
  }
}
