import type { Hono } from 'hono'
import { watchLive } from '../../../core/jobs/live-job.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { jobOperations } from '../../../schemas/operations/jobs.ts'
import type { Authenticate } from '../auth.ts'
import { bindStream } from '../bind-stream.ts'

/** How often a stream looks, and when it ends itself. */
export interface LivePace {
  pollMs: number
  budgetMs: number
  /** Ends every stream: the server stops. */
  stopping?: AbortSignal
}

export interface LiveOptions {
  pace: LivePace
  authenticate: Authenticate
  logError: (request: Request, error: unknown) => void
}

/** A job as it goes on, as server-sent events. */
export function liveRoute(
  app: Hono,
  platform: Pick<Platform, 'table' | 'metrics' | 'clock'>,
  { pace, authenticate, logError }: LiveOptions,
): void {
  const { stopping, ...times } = pace
  bindStream(app, jobOperations.watchJob, authenticate, logError, ({ params, query }, { lastEventId, signal }) =>
    watchLive(platform, params.job, {
      after: lastEventId ?? query.after,
      signal: stopping ? AbortSignal.any([signal, stopping]) : signal,
      ...times,
    }),
  )
}
