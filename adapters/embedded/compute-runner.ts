import { setTimeout as realSleep } from 'node:timers/promises'
import type { ComputeRecord } from '../../core/platform/ports.ts'
import { sleepUntil } from './asl/time.ts'
import { endOf, eventTime, lostEnd, neverStarted, TIME_LIMIT_REASON } from './compute-end.ts'
import type { ComputeOptions } from './compute-options.ts'
import { isAlive, type ProcessIdentity, signalGroup } from './compute-process.ts'
import type { ComputeStore, JobEnd, StoredJob } from './compute-store.ts'
import { claimForNobody, type JobFiles, jobFiles, readClaim, readExit, startSupervisor } from './compute-supervisor.ts'

export interface JobRunner {
  /** Starts the job when its turn comes. */
  enqueue(name: string): void
  /** Ends the job: SIGTERM, the grace period, SIGKILL; one that waits never starts. The first reason stays. */
  stop(name: string, reason: string): void
  resume(): void
  /** Lets go of the processes without ending them. */
  close(): void
  isClosed(): boolean
  idle(): Promise<void>
}

/** One job under way. */
interface Live {
  name: string
  files: JobFiles
  /** Whether a supervisor started by this process still runs. */
  child: boolean
  identity: ProcessIdentity | undefined
  /** Ends the job's timers. */
  timers: AbortController
  /** Lets this process exit while the supervisor runs. */
  release: () => void
}

const FIRST_LOOK_MS = 5
const LONGEST_LOOK_MS = 250
const LOOK_AFTER_ERROR_MS = 5_000

type Options = Omit<ComputeOptions, 'onEnded'> & { store: ComputeStore; onEnded: (record: ComputeRecord) => void }

/** Starts, watches and ends the processes of jobs. No failure of one job reaches another. */
export function createJobRunner(options: Options): JobRunner {
  const { directory, clock, definitions, maxConcurrentJobs, graceSeconds, log, store, onEnded } = options
  const queue = new Set<string>()
  const live = new Map<string, Live>()
  let idlers: (() => void)[] = []
  let scheduled = false
  let closed = false
  const nowMs = () => clock.now().getTime()

  function schedule(): void {
    if (scheduled || closed) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      for (const name of queue) {
        if (closed || live.size >= maxConcurrentJobs) break
        queue.delete(name)
        shielded(name, () => launch(name))
      }
      settleIdlers()
    })
  }

  /** An error here is one of the database: the job stays as it is, and the server runs on. */
  function shielded(name: string, step: () => void): boolean {
    try {
      if (!closed) step()
      return true
    } catch (error) {
      log('a job could not be handled', { job: name, error })
      return false
    }
  }

  function launch(name: string): void {
    const stored = store.get(name)
    if (stored?.record.status !== 'runnable') return
    store.markStarting(name)
    start(track(stored), stored, false)
  }

  function track(stored: StoredJob): Live {
    const { name } = stored.record
    const entry: Live = {
      name,
      files: jobFiles(directory, stored),
      child: false,
      identity: undefined,
      timers: new AbortController(),
      release: () => {},
    }
    live.set(name, entry)
    return entry
  }

  function start(entry: Live, { job }: StoredJob, again: boolean): void {
    try {
      const definition = definitions[job.definition]
      if (!definition) throw new Error(`compute definition "${job.definition}" does not exist any more`)
      const environment = { ...definition.environment, ...job.environment }
      const child = startSupervisor(entry.files, definition.command, environment, again)
      entry.child = true
      entry.release = () => child.unref()
      child.once('error', (error) =>
        shielded(entry.name, () => end(entry.name, neverStarted(error.message, clock.now()))),
      )
      child.once('exit', () => {
        entry.child = false
        void watch(entry)
      })
      void watch(entry)
    } catch (error) {
      end(entry.name, neverStarted(error instanceof Error ? error.message : String(error), clock.now()))
    }
  }

  /** Looks until the job has ended, or until its running supervisor will tell. Processes live in real time: so do the pauses. */
  async function watch(entry: Live): Promise<void> {
    for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 1.5, LONGEST_LOOK_MS)) {
      const handled = shielded(entry.name, () => look(entry))
      if (closed || live.get(entry.name) !== entry || (handled && entry.child && entry.identity)) return
      try {
        await realSleep(handled ? pause : LOOK_AFTER_ERROR_MS, undefined, { signal: entry.timers.signal })
      } catch {
        return
      }
    }
  }

  function look(entry: Live): void {
    const stored = store.get(entry.name)
    if (!stored) return
    const { identity, child } = entry
    // The order matters: what is dead before the exit file is read can leave no exit file after it.
    const gone = !child && (identity === undefined || !isAlive(identity))
    const exit = readExit(entry.files)
    const startedAt = identity ? undefined : noteClaim(entry, stored)
    if (exit) {
      end(entry.name, endOf(store.get(entry.name) ?? stored, exit, clock.now()))
      return
    }
    if (startedAt !== undefined) {
      arm(entry, stored, startedAt)
      return
    }
    if (!gone) return
    // What is left in the group has no supervisor that would record its end.
    if (identity) signalGroup(identity, 'SIGKILL')
    end(entry.name, lostEnd(stored, identity, graceSeconds, clock.now()))
  }

  /** When the job was started, if a supervisor has claimed it since the last look. */
  function noteClaim(entry: Live, { record }: StoredJob): string | undefined {
    const claim = readClaim(entry.files)
    if (!claim) return undefined
    const startedAt = record.startedAt ?? eventTime(claim.at, record.createdAt, clock.now())
    store.markRunning(entry.name, startedAt)
    entry.identity = claim.identity
    return startedAt
  }

  function arm(entry: Live, { job, stop: stopping }: StoredJob, startedAt: string): void {
    const limit = Date.parse(startedAt) + job.timeoutSeconds * 1_000
    at(entry, limit, () => stop(entry.name, TIME_LIMIT_REASON))
    if (stopping) signalStop(entry, stopping.at)
  }

  function at(entry: Live, instant: number, step: () => void): void {
    sleepUntil(clock, instant, entry.timers.signal).then(
      () => shielded(entry.name, step),
      () => {},
    )
  }

  function stop(name: string, reason: string): void {
    const entry = live.get(name)
    if (entry) look(entry)
    const since = nowMs()
    if (!store.markStopping(name, reason, since)) return
    if (live.has(name) && entry) signalStop(entry, since)
    else if (store.get(name)?.record.status === 'runnable') endQueued(name, reason)
  }

  function endQueued(name: string, reason: string): void {
    end(name, { status: 'failed', statusReason: reason, stoppedAt: clock.now().toISOString() })
  }

  function signalStop(entry: Live, since: number): void {
    // Not claimed yet: it is signalled when it is found.
    if (!entry.identity) return
    const { identity } = entry
    signalGroup(identity, 'SIGTERM')
    at(entry, since + graceSeconds * 1_000, () => signalGroup(identity, 'SIGKILL'))
  }

  function end(name: string, ended: JobEnd): void {
    const isFirst = store.end(name, ended)
    live.get(name)?.timers.abort()
    live.delete(name)
    queue.delete(name)
    schedule()
    const record = store.get(name)?.record
    if (isFirst && record) onEnded(record)
    settleIdlers()
  }

  function adopt(stored: StoredJob): void {
    const entry = track(stored)
    const isUnclaimed = !readExit(entry.files) && !readClaim(entry.files)
    // A supervisor that was started but has not come that far loses the claim to this one, or the other way round.
    if (!isUnclaimed) void watch(entry)
    else if (stored.stop && claimForNobody(entry.files)) endQueued(stored.record.name, stored.stop.reason)
    else start(entry, stored, true)
  }

  function settleIdlers(): void {
    if (queue.size > 0 || live.size > 0) return
    for (const resolve of idlers) resolve()
    idlers = []
  }

  return {
    enqueue(name) {
      queue.add(name)
      schedule()
    },
    stop,
    resume() {
      for (const stored of store.active()) {
        const { name, status } = stored.record
        if (live.has(name) || queue.has(name)) continue
        if (status !== 'runnable') shielded(name, () => adopt(stored))
        else if (stored.stop) endQueued(name, stored.stop.reason)
        else queue.add(name)
      }
      schedule()
    },
    close() {
      closed = true
      for (const entry of live.values()) {
        entry.timers.abort()
        entry.release()
      }
    },
    isClosed: () => closed,
    idle() {
      return new Promise((resolve) => {
        idlers.push(resolve)
        settleIdlers()
      })
    },
  }
}
