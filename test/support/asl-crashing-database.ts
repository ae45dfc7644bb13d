import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** The `count`-th write (from 1) at which the process kills itself: before the write, or after it. */
export interface CrashPoint {
  when: 'before' | 'after'
  count: number
}

/** A database that ends at a write: `crash` is called there, once. Writes are the statements that are run. */
export function crashingDatabase(database: DatabaseSync, { when, count }: CrashPoint, crash: () => void): DatabaseSync {
  let writes = 0
  const counted = (write: () => unknown) => {
    writes += 1
    if (writes === count && when === 'before') crash()
    const result = write()
    if (writes === count && when === 'after') crash()
    return result
  }
  const members = (statement: StatementSync) => ({
    get: (...values: never[]) => statement.get(...values),
    all: (...values: never[]) => statement.all(...values),
    run: (...values: never[]) => counted(() => statement.run(...values)),
  })
  return {
    exec: (sql: string) => database.exec(sql),
    prepare: (sql: string) => members(database.prepare(sql)),
  } as unknown as DatabaseSync
}

/** What `kill -9` does. */
export function killSelf(): void {
  process.kill(process.pid, 'SIGKILL')
  // The signal is delivered before this loop can matter; nothing may run after a crash.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
}
