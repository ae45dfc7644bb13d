import type { BusinessEvent } from '../../core/platform/business-events.ts'
import type { Clock } from '../../core/platform/ports.ts'
import type { Database } from './database.ts'
import type { Outbox, OutboxEntry } from './outbox.ts'

export interface DispatcherOptions {
  /** Resolves when every consumer took the event; a rejection is a failed attempt. It may see an event more than once. */
  deliver: (event: BusinessEvent) => Promise<void>
  clock: Clock
  /** Subjects served at the same time, 8 unless told. */
  concurrency?: number
  /** How often to look for rows that other processes wrote, 30 s unless told. */
  pollMs?: number
  /** Hears of storage errors; deliveries that fail are kept in the outbox instead. */
  onError?: (error: unknown) => void
}

export interface Dispatcher {
  /** Starts no further delivery and resolves when those under way have ended. */
  stop(): Promise<void>
  /** Resolves when every event is delivered or a dead letter, those that deliveries caused included; rejects on stop. */
  drained(): Promise<void>
  /** Looks for new events now. */
  wake(): void
}

/** The undelivered events of one subject, oldest first: `seqs[next]` is the one to deliver. */
interface Lane {
  subject: string
  seqs: number[]
  next: number
}

type Waiter = { resolve: () => void; reject: (error: Error) => void }

const READ_ROWS = 500
const STORAGE_RETRY_MS = 1_000

/** Delivers the outbox at least once: a subject's events in order, different subjects side by side. */
export function startDispatcher(outbox: Outbox, database: Database, options: DispatcherOptions): Dispatcher {
  const { deliver, clock, concurrency = 8, pollMs = 30_000, onError = () => {} } = options
  const stopping = new AbortController()
  const lanes = new Map<string, Lane>()
  const ready = new Set<Lane>()
  const running = new Set<Promise<void>>()
  let waiters: Waiter[] = []
  let readUpTo = 0

  function wake(): void {
    if (stopping.signal.aborted) return
    try {
      readNew()
    } catch (error) {
      onError(error)
    }
    startReady()
    if (lanes.size > 0) return
    for (const waiter of waiters) waiter.resolve()
    waiters = []
  }

  function readNew(): void {
    for (;;) {
      const entries = outbox.pending(READ_ROWS, readUpTo)
      for (const entry of entries) enqueue(entry)
      if (entries.length < READ_ROWS) return
    }
  }

  function enqueue({ seq, event }: OutboxEntry): void {
    readUpTo = seq
    const lane = lanes.get(event.subject)
    if (lane) {
      lane.seqs.push(seq)
      return
    }
    const opened = { subject: event.subject, seqs: [seq], next: 0 }
    lanes.set(event.subject, opened)
    ready.add(opened)
  }

  function startReady(): void {
    for (const lane of ready) {
      if (running.size >= concurrency) return
      ready.delete(lane)
      const run = serve(lane).finally(() => {
        running.delete(run)
        wake()
      })
      running.add(run)
    }
  }

  async function serve(lane: Lane): Promise<void> {
    const pauseMs = await attempt(lane.seqs[lane.next] ?? 0).catch((error: unknown) => {
      onError(error)
      return STORAGE_RETRY_MS
    })
    if (pauseMs > 0) return resumeLater(lane, pauseMs)
    lane.next += 1
    if (lane.next < lane.seqs.length) ready.add(lane)
    else lanes.delete(lane.subject)
  }

  /** Milliseconds until the same event is tried again; 0 when it is delivered or given up. */
  async function attempt(seq: number): Promise<number> {
    const entry = outbox.find(seq)
    if (!entry) return 0
    const early = entry.nextAttemptAt - clock.now().getTime()
    if (early > 0) return early
    try {
      await deliver(entry.event)
    } catch (error) {
      const retryAt = await outbox.markFailed(entry.event.id, error)
      return retryAt === undefined ? 0 : Math.max(1, retryAt - clock.now().getTime())
    }
    await outbox.markDelivered([entry.event.id])
    return 0
  }

  function resumeLater(lane: Lane, ms: number): void {
    const resume = () => {
      ready.add(lane)
      wake()
    }
    clock.sleep(ms, stopping.signal).then(resume, () => {})
  }

  async function poll(): Promise<void> {
    for (;;) {
      await clock.sleep(pollMs, stopping.signal)
      wake()
    }
  }

  const stopListening = database.onCommit(wake)
  poll().catch(() => {})
  wake()

  return {
    wake,
    drained() {
      return new Promise((resolve, reject) => {
        if (stopping.signal.aborted) return reject(new Error('the dispatcher is stopped'))
        waiters.push({ resolve, reject })
        wake()
      })
    },
    async stop() {
      stopping.abort()
      stopListening()
      for (const waiter of waiters) waiter.reject(new Error('the dispatcher stopped before the outbox was empty'))
      waiters = []
      await Promise.allSettled(running)
    },
  }
}
