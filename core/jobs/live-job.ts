import type { LiveEvent } from '../../schemas/live.ts'
import { getJob } from './job-store.ts'
import { formatPosition, parsePosition } from './live-position.ts'
import { createLiveReader, type LiveNeeds } from './live-reader.ts'
import { newestPosition, tellSoFar } from './live-start.ts'

export interface LiveOptions {
  /** `id` of the last event that the client saw; undefined: the newest status, the findings so far, then what comes. */
  after?: string | undefined
  pollMs: number
  /** The stream ends itself after this time; the client goes on from its last id. */
  budgetMs: number
  signal?: AbortSignal | undefined
}

/**
 * A job's status changes, metrics and findings as they are stored, each once per position. Yields undefined when nothing new came in a
 * poll (a chance to send a heartbeat). Fault `not_found` when there is no such job, `invalid` for an id that no stream of it gave.
 */
export async function* watchLive(
  platform: LiveNeeds,
  job: string,
  { after, pollMs, budgetMs, signal }: LiveOptions,
): AsyncGenerator<LiveEvent | undefined> {
  const now = () => platform.clock.now().getTime()
  const ends = now() + budgetMs
  let position = after === undefined ? undefined : parsePosition(job, after)
  await getJob(platform.table, job)
  if (!position || position.told !== undefined) {
    position ??= await newestPosition(platform, job)
    for await (const { event } of tellSoFar(platform, job, position)) yield event
  }
  const reader = createLiveReader(platform, job, { sequence: position.sequence, place: position.place })
  for (;;) {
    let news = false
    for await (const { event } of reader.read()) {
      news = true
      yield event
    }
    const status = reader.over()
    if (status) {
      yield { event: 'end', id: formatPosition(job, reader.position()), data: { status } }
      return
    }
    if (!news) yield undefined
    if (signal?.aborted || now() + pollMs >= ends) return
    await platform.clock.sleep(pollMs, signal).catch(() => {})
  }
}
