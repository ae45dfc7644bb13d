import { DatabaseSync } from 'node:sqlite'
import { Fault } from '../../core/platform/fault.ts'
import { migrations } from './table-schema.ts'

export interface Database {
  readonly handle: DatabaseSync
  /** Runs a read; SQLite's errors become Faults. */
  read<T>(work: () => T): T
  /**
   * Runs `work` (synchronous) in a transaction and resolves once it is committed. Writes of one turn of the event loop
   * share the commit; one that throws is rolled back alone.
   */
  write<T>(work: () => T): Promise<T>
  /** Calls `listener` after every commit, until the returned function is called. */
  onCommit(listener: () => void): () => void
  /** Commits what is queued, then closes. */
  close(): void
}

interface Write {
  work: () => unknown
  resolve: (value: never) => void
  reject: (error: unknown) => void
}

// Bounds how long one commit can hold the event loop.
const WRITES_PER_COMMIT = 128

/**
 * Opens or creates the database file (`:memory:` too) and brings its schema up to date. `normal` loses the last commits in a
 * power cut, though never in a kill: for what can be done again. Faults: `corrupt`, `busy`, `internal`.
 */
export function openDatabase(path: string, synchronous: 'full' | 'normal' = 'full'): Database {
  const handle = open(path, synchronous)
  const begin = handle.prepare('begin immediate')
  const commit = handle.prepare('commit')
  const queue: Write[] = []
  const listeners = new Set<() => void>()
  let scheduled = false

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(flush)
  }

  function flush(): void {
    scheduled = false
    const group = queue.splice(0, WRITES_PER_COMMIT)
    if (queue.length > 0) schedule()
    if (group.length > 0) commitGroup(group)
  }

  function commitGroup(group: Write[]): void {
    let settle: (() => void)[]
    let begun = false
    try {
      begin.run()
      begun = true
      settle = group.map((write) => runAlone(handle, write, path))
      commit.run()
    } catch (error) {
      if (begun && handle.isTransaction) handle.exec('rollback')
      for (const write of group) write.reject(storageFault(error, path))
      return
    }
    for (const done of settle) done()
    for (const listener of listeners) listener()
  }

  return {
    handle,
    read(work) {
      try {
        return work()
      } catch (error) {
        throw storageFault(error, path)
      }
    },
    write(work) {
      return new Promise((resolve, reject) => {
        if (!handle.isOpen) return reject(new Fault('internal', `database ${path} is closed`))
        queue.push({ work, resolve, reject })
        schedule()
      })
    },
    onCommit(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      if (!handle.isOpen) return
      while (queue.length > 0) flush()
      handle.close()
    },
  }
}

function open(path: string, synchronous: 'full' | 'normal'): DatabaseSync {
  let handle: DatabaseSync | undefined
  try {
    handle = new DatabaseSync(path, { timeout: 5_000 })
    // FULL syncs the log at every commit, so that an acknowledged write survives a power cut as well as a kill. It costs
    // 0.12 ms a commit instead of 0.02 (NVMe; up to 10 ms on a spinning disk), which the writes of one turn share.
    handle.exec(`pragma journal_mode = wal; pragma synchronous = ${synchronous}; pragma journal_size_limit = 67108864`)
    migrate(handle, path)
    return handle
  } catch (error) {
    if (handle?.isOpen) handle.close()
    throw storageFault(error, path)
  }
}

function migrate(handle: DatabaseSync, path: string): void {
  if (schemaVersion(handle) === migrations.length) return
  handle.exec('begin immediate')
  const from = schemaVersion(handle)
  if (from > migrations.length)
    throw new Fault(
      'conflict',
      `database ${path} has schema ${from}, this program knows ${migrations.length}: upgrade it`,
    )
  for (const migration of migrations.slice(from)) handle.exec(migration)
  handle.exec(`pragma user_version = ${migrations.length}; commit`)
}

function schemaVersion(handle: DatabaseSync): number {
  return Number(handle.prepare('pragma user_version').get()?.user_version)
}

function runAlone(handle: DatabaseSync, write: Write, path: string): () => void {
  handle.exec('savepoint one')
  try {
    const value = write.work()
    handle.exec('release one')
    return () => write.resolve(value as never)
  } catch (error) {
    // On a full disk or an I/O error SQLite rolls the whole transaction back: the group fails, not this write alone.
    if (!handle.isTransaction) throw error
    handle.exec('rollback to one; release one')
    return () => write.reject(storageFault(error, path))
  }
}

const BUSY = [5, 6]
const CORRUPT = [11, 26]
const DISK_FULL = 13

function storageFault(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error
  const primary = Number(error.errcode) & 0xff
  const reason = `database ${path}: ${error.message}`
  if (BUSY.includes(primary)) return new Fault('busy', `${reason}: another process holds it, retry`, { cause: error })
  if (CORRUPT.includes(primary)) return new Fault('corrupt', `${reason}: restore it from a backup`, { cause: error })
  if (primary === DISK_FULL) return new Fault('internal', `${reason}: free disk space`, { cause: error })
  return new Fault('internal', reason, { cause: error })
}
