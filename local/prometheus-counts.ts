import type { Database } from '../adapters/embedded/database.ts'

/** What only the runtime can count, each at once. */
export interface RuntimeCounts {
  /** Events that wait for delivery. */
  outboxPending(): number
  executionsRunning(): number
}

/** Counts by the partial indexes of the outbox and of the executions that have not ended. */
export function runtimeCounts(database: Database, executions: Database): RuntimeCounts {
  const pending = database.handle.prepare(`select count(*) as n from outbox where state = 'pending'`)
  const running = executions.handle.prepare(
    `select count(*) as n from execution where status in ('pending', 'running') and status = 'running'`,
  )
  return {
    outboxPending: () => database.read(() => Number(pending.get()?.n)),
    executionsRunning: () => executions.read(() => Number(running.get()?.n)),
  }
}
