import { createLiveFeed, type Feed } from '../core/jobs/live-feed.ts'
import type { LiveNeeds } from '../core/jobs/live-reader.ts'
import type { Key, Platform, Table } from '../core/platform/ports.ts'
import { type Frame, type Frames, toFrame } from '../functions/api/server-sent-events.ts'

export interface LiveLimits {
  /** Of the newest events of a job, kept for viewers that are behind. */
  ringBytes: number
  /** The store is read so often even when this process writes nothing. */
  pollMs: number
}

export const liveLimits: LiveLimits = { ringBytes: 1024 * 1024, pollMs: 1_000 }

export type LiveHub = ReturnType<typeof createLiveHub>

/** One reader for each job that is being watched, shared by its viewers, and told of every write of this process. */
export function createLiveHub({ ringBytes, pollMs }: LiveLimits = liveLimits) {
  const feeds = new Map<string, Feed<Frame>>()

  function feedOf(platform: LiveNeeds, job: string): Feed<Frame> {
    const known = feeds.get(job)
    if (known) return known
    const closed = () => feeds.delete(job)
    const feed = createLiveFeed(platform, job, { encode: toFrame, ringBytes, pollMs, closed })
    feeds.set(job, feed)
    return feed
  }

  const heard = (table: Table): Table => ({
    get: (key) => table.get(key),
    query: (query) => table.query(query),
    delete: (key, guard) => table.delete(key, guard),
    async put(draft, guard, event) {
      const item = await table.put(draft, guard, event)
      tell(draft)
      return item
    },
  })

  function tell({ pk, sk }: Key): void {
    if (pk.startsWith('JOB#') && viewable.test(sk)) feeds.get(pk.slice(4))?.poke()
  }

  return {
    /** The drivers, heard when they write. */
    around: (drivers: Platform): Platform => ({
      ...drivers,
      table: heard(drivers.table),
      metrics: heard(drivers.metrics),
    }),
    /** A viewer of the shared feed of a job. */
    async *watch(platform: LiveNeeds, job: string, after: string | undefined, signal: AbortSignal): Frames {
      yield* feedOf(platform, job).view(after, signal)
    },
    /** How many jobs are read. */
    feeds: () => feeds.size,
    viewers: () => [...feeds.values()].reduce((sum, feed) => sum + feed.viewers(), 0),
  }
}

// The record, its history, findings, and chunks.
const viewable = /^(META$|EV#|AN#|M#)/
