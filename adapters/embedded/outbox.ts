import type { BusinessEvent } from '../../core/platform/business-events.ts'
import type { Clock } from '../../core/platform/ports.ts'
import type { Database } from './database.ts'
import { type Dispatcher, type DispatcherOptions, startDispatcher } from './outbox-dispatcher.ts'

/** An event that waits for delivery; `seq` is the order of the commits. */
export interface OutboxEntry {
  seq: number
  event: BusinessEvent
  attempts: number
  /** Epoch milliseconds. */
  nextAttemptAt: number
}

export interface DeadLetter {
  event: BusinessEvent
  attempts: number
  reason: string
  diedAt: string
}

export interface Outbox {
  /** Undelivered events in commit order, due or not, after `seq`. */
  pending(limit: number, after?: number): OutboxEntry[]
  /** The entry, or undefined once it is delivered or dead. */
  find(seq: number): OutboxEntry | undefined
  markDelivered(ids: string[]): Promise<void>
  /** Counts a failed attempt: the time of the next one (epoch ms), or undefined when the event is now a dead letter. */
  markFailed(id: string, error: unknown): Promise<number | undefined>
  deadLetters(): DeadLetter[]
  /** Gives dead letters a new series of attempts, behind every event that waits now. */
  redrive(ids: string[]): Promise<void>
  startDispatcher(options: DispatcherOptions): Dispatcher
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 5 * 60_000
// A repeat of an event id is ignored for this long after its delivery.
const REMEMBER_MS = 7 * 24 * 3_600_000
const FORGET_ROWS = 64

/** Events written in the transaction of their item. Retries back off exponentially with jitter, then become dead letters. */
export function createOutbox(
  database: Database,
  clock: Clock,
  { maxAttempts = 12, random = Math.random }: { maxAttempts?: number; random?: () => number } = {},
): Outbox {
  const { handle } = database
  const now = () => clock.now().getTime()
  const columns = 'seq, event, attempts, next_attempt_at'
  const selectPending = handle.prepare(
    `select ${columns} from outbox where state = 'pending' and seq > ? order by seq limit ?`,
  )
  const selectOne = handle.prepare(`select ${columns} from outbox where state = 'pending' and seq = ?`)
  const selectDead = handle.prepare(
    `select event, attempts, reason, settled_at from outbox where state = 'dead' order by seq`,
  )
  const deliver = handle.prepare(
    `update outbox set state = 'delivered', settled_at = ?, event = '' where id = ? and state = 'pending'`,
  )
  const forget = handle.prepare(
    `delete from outbox where seq in (select seq from outbox where state = 'delivered' and settled_at < ? limit ${FORGET_ROWS})`,
  )
  const countAttempt = handle.prepare(
    `update outbox set attempts = attempts + 1, reason = ? where id = ? and state = 'pending' returning attempts`,
  )
  const delay = handle.prepare('update outbox set next_attempt_at = ? where id = ?')
  const bury = handle.prepare(`update outbox set state = 'dead', settled_at = ? where id = ?`)
  const exhume = handle.prepare(`delete from outbox where id = ? and state = 'dead' returning event`)
  const append = prepareAppend(database, clock)

  const outbox: Outbox = {
    pending: (limit, after = 0) => database.read(() => (selectPending.all(after, limit) as PendingRow[]).map(toEntry)),
    find(seq) {
      const row = database.read(() => selectOne.get(seq)) as PendingRow | undefined
      return row && toEntry(row)
    },
    markDelivered(ids) {
      return database.write(() => {
        for (const id of ids) deliver.run(now(), id)
        forget.run(now() - REMEMBER_MS)
      })
    },
    markFailed(id, error) {
      return database.write(() => {
        const attempts = countAttempt.get(reasonOf(error), id)?.attempts as number | undefined
        if (attempts === undefined) return undefined
        if (attempts >= maxAttempts) {
          bury.run(now(), id)
          return undefined
        }
        const at = now() + retryDelay(attempts, random())
        delay.run(at, id)
        return at
      })
    },
    deadLetters: () => database.read(() => (selectDead.all() as DeadRow[]).map(toDeadLetter)),
    redrive(ids) {
      return database.write(() => {
        for (const id of ids) {
          const row = exhume.get(id)
          if (row) append(JSON.parse(String(row.event)) as BusinessEvent)
        }
      })
    },
    startDispatcher: (options) => startDispatcher(outbox, database, options),
  }
  return outbox
}

/** A function that adds an event to the running transaction. An id that is already there is left as it is. */
export function prepareAppend(database: Database, clock: Clock): (event: BusinessEvent) => void {
  const insert = database.handle.prepare(
    `insert into outbox (id, subject, state, attempts, next_attempt_at, event) values (?, ?, 'pending', 0, ?, ?) on conflict (id) do nothing`,
  )
  return (event) => {
    insert.run(event.id, event.subject, clock.now().getTime(), JSON.stringify(event))
  }
}

type PendingRow = { seq: number; event: string; attempts: number; next_attempt_at: number }
type DeadRow = { event: string; attempts: number; reason: string; settled_at: number }

function toEntry(row: PendingRow): OutboxEntry {
  const event = JSON.parse(row.event) as BusinessEvent
  return { seq: row.seq, event, attempts: row.attempts, nextAttemptAt: row.next_attempt_at }
}

function toDeadLetter(row: DeadRow): DeadLetter {
  const event = JSON.parse(row.event) as BusinessEvent
  return { event, attempts: row.attempts, reason: row.reason, diedAt: new Date(row.settled_at).toISOString() }
}

// Half fixed, half random: events that failed together do not come back together.
function retryDelay(attempts: number, random: number): number {
  const ceiling = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS)
  return Math.round(ceiling * (0.5 + random / 2))
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return text.slice(0, 2000).toWellFormed()
}
