import type { LiveEvent } from '../../schemas/live.ts'
import { formatPosition, type Position, parsePosition } from './live-position.ts'
import { createLiveReader, type LiveNeeds, type LiveReader, readBetween, type Told } from './live-reader.ts'
import { createRing } from './live-ring.ts'
import { newestPosition, tellSoFar } from './live-start.ts'

export interface FeedOptions<Frame> {
  /** An event in the form in which it is sent, and how many bytes that holds. Called once for each event of the feed. */
  encode: (event: LiveEvent) => Frame
  /** How much of the newest events is kept for viewers that are behind. */
  ringBytes: number
  /** The store is read so often when nobody says that something was written. */
  pollMs: number
  /** Called when the last viewer left, or the job is over: this feed serves no new viewers. */
  closed: () => void
}

export interface Feed<Frame> {
  /**
   * The job from `after` on, as `watchLive` tells it. A viewer holds one event at most, however slowly it reads: one that is behind what
   * the feed keeps reads the store until it has caught up.
   */
  view(after: string | undefined, signal: AbortSignal): AsyncGenerator<Frame | undefined>
  /** Something of the job was written. */
  poke(): void
  viewers(): number
}

// Writes within this time are read together.
const restMs = 10
// A job that is over is looked at so often until all of it is told.
const endingMs = 100

/** One reader of a job for any number of viewers. It reads while somebody views. */
export function createLiveFeed<Frame extends { size: number }>(
  platform: LiveNeeds,
  job: string,
  { encode, ringBytes, pollMs, closed }: FeedOptions<Frame>,
): Feed<Frame> {
  /** Waiting viewers, each with what wakes it. */
  const waiting = new Set<() => void>()
  let viewers = 0
  let state: { reader: LiveReader; ring: ReturnType<typeof createRing<Frame>> } | undefined
  let running = false
  let dirty = false
  let sleeping: AbortController | undefined
  let reads = { begun: 0, done: 0 }
  let failure: { error: unknown } | undefined
  let end: Frame | undefined

  function poke(): void {
    dirty = true
    sleeping?.abort()
  }

  function wakeAll(): void {
    const woken = [...waiting]
    waiting.clear()
    for (const wake of woken) wake()
  }

  async function run(): Promise<void> {
    try {
      while (viewers > 0 && !end) {
        dirty = false
        await readOnce()
        wakeAll()
        if (!end) await pause()
      }
    } catch (error) {
      failure = { error }
    }
    running = false
    closed()
    wakeAll()
  }

  async function readOnce(): Promise<void> {
    reads = { ...reads, begun: reads.begun + 1 }
    const position = await (state ? undefined : newestPosition(platform, job))
    if (position) state = { reader: createLiveReader(platform, job, position), ring: createRing(position, ringBytes) }
    const { reader, ring } = state as NonNullable<typeof state>
    for await (const { event, position } of reader.read()) {
      ring.push({ frame: encode(event), position })
      wakeAll()
    }
    const status = reader.over()
    if (status) end = encode({ event: 'end', id: formatPosition(job, reader.position()), data: { status } })
    reads = { ...reads, done: reads.begun }
  }

  async function pause(): Promise<void> {
    await platform.clock.sleep(restMs)
    if (dirty) return
    sleeping = new AbortController()
    const ms = state?.reader.isEnding() ? Math.min(endingMs, pollMs) : pollMs
    await platform.clock.sleep(ms, sleeping.signal).catch(() => {})
    sleeping = undefined
  }

  /** The number of the first read that begins behind this moment. */
  function join(): number {
    const fresh = reads.begun + 1
    viewers += 1
    if (running) poke()
    else {
      running = true
      void run()
    }
    return fresh
  }

  function leave(): void {
    viewers -= 1
    if (viewers === 0) poke()
  }

  /** Until something is new, a poll has passed, or the viewer goes. */
  function changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const wake = () => {
        signal.removeEventListener('abort', wake)
        waiting.delete(wake)
        resolve()
      }
      waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }

  async function ringAfter(read: number, signal: AbortSignal) {
    while (reads.done < read && !failure && !end && !signal.aborted) await changed(signal)
    if (failure && !state) throw failure.error
    return state?.ring
  }

  async function* follow(
    from: Position | undefined,
    fresh: number,
    signal: AbortSignal,
  ): AsyncGenerator<Frame | undefined> {
    const ring = await ringAfter(fresh, signal)
    if (!ring) return
    let at = from ?? ring.newest()
    const send = ({ event, position }: Told) => {
      at = position
      return encode(event)
    }
    if (!from || from.told !== undefined) for await (const told of tellSoFar(platform, job, at)) yield send(told)
    let next = ring.behind(at) ?? -1
    let isQuiet = true
    while (!signal.aborted) {
      const entry = ring.get(next)
      if (next < ring.first()) {
        const [until, number] = [ring.before(), ring.first()]
        for await (const told of readBetween(platform, job, at, until)) yield send(told)
        at = until
        next = number
      } else if (entry) {
        at = entry.position
        next += 1
        isQuiet = false
        yield entry.frame
      } else if (failure) throw failure.error
      else if (end) {
        yield end
        return
      } else if (isQuiet) {
        isQuiet = false
        yield undefined
      } else {
        // Nothing may come between finding nothing and waiting: a wake would be lost.
        await changed(signal)
        isQuiet = true
      }
    }
  }

  return {
    async *view(after, signal) {
      const from = after === undefined ? undefined : parsePosition(job, after)
      const fresh = join()
      try {
        yield* follow(from, fresh, signal)
      } finally {
        leave()
      }
    },
    poke,
    viewers: () => viewers,
  }
}
