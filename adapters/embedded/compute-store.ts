import type { DatabaseSync } from 'node:sqlite'
import type { ComputeJob, ComputeRecord, ComputeStatus } from '../../core/platform/ports.ts'

/** Creates the table of the compute driver where it is missing. */
export function prepareComputeTables(database: DatabaseSync): void {
  database.exec(`
    create table if not exists compute_job (
      seq integer primary key autoincrement,
      name text not null unique,
      uid text not null unique,
      definition text not null,
      environment text not null,
      timeout_seconds integer not null,
      status text not null check (status in ('runnable', 'starting', 'running', 'succeeded', 'failed')),
      status_reason text,
      exit_code integer,
      stop_reason text,
      stop_at integer,
      created_at text not null,
      started_at text,
      stopped_at text
    ) strict;
    create index if not exists compute_job_active on compute_job (seq) where status in ('runnable', 'starting', 'running');
  `)
}

/** A job with what only its driver needs. */
export interface StoredJob {
  /** Unique beyond this database, unlike the name. */
  uid: string
  record: ComputeRecord
  job: ComputeJob
  /** Why the job is to end, and since when (epoch ms): set by a termination or the time limit. */
  stop: { reason: string; at: number } | undefined
}

export interface JobEnd {
  status: 'succeeded' | 'failed'
  statusReason: string
  exitCode?: number
  stoppedAt: string
}

export type ComputeStore = ReturnType<typeof openComputeStore>

const ACTIVE = `status in ('runnable', 'starting', 'running')`

/** The statements of the compute driver. Every method is one statement; SQLite's errors pass through. */
export function openComputeStore(database: DatabaseSync) {
  const insert = database.prepare(
    `insert or ignore into compute_job (uid, name, definition, environment, timeout_seconds, status, created_at) values (?, ?, ?, ?, ?, 'runnable', ?)`,
  )
  const byName = database.prepare('select * from compute_job where name = ?')
  const active = database.prepare(`select * from compute_job where ${ACTIVE} order by seq`)
  const start = database.prepare(`update compute_job set status = 'starting' where name = ? and status = 'runnable'`)
  const run = database.prepare(
    `update compute_job set status = 'running', started_at = ? where name = ? and status = 'starting'`,
  )
  const stop = database.prepare(
    `update compute_job set stop_reason = ?, stop_at = ? where name = ? and stop_reason is null and ${ACTIVE}`,
  )
  const end = database.prepare(
    `update compute_job set status = ?, status_reason = ?, exit_code = ?, stopped_at = ? where name = ? and ${ACTIVE}`,
  )

  return {
    /** Does nothing when the name is taken. */
    add(uid: string, job: ComputeJob, createdAt: string) {
      insert.run(uid, job.name, job.definition, JSON.stringify(job.environment), job.timeoutSeconds, createdAt)
    },
    get(name: string): StoredJob | undefined {
      return fromRow(byName.get(name))
    },
    /** Jobs that have not ended, in the order they were submitted. */
    active(): StoredJob[] {
      return active.all().flatMap((row) => fromRow(row) ?? [])
    },
    markStarting(name: string) {
      start.run(name)
    },
    markRunning(name: string, startedAt: string) {
      run.run(startedAt, name)
    },
    /** False when the job has ended or is being stopped for another reason already. */
    markStopping(name: string, reason: string, at: number): boolean {
      return stop.run(reason, at, name).changes === 1
    },
    /** False when the job had ended before. */
    end(name: string, { status, statusReason, exitCode, stoppedAt }: JobEnd): boolean {
      return end.run(status, statusReason, exitCode ?? null, stoppedAt, name).changes === 1
    },
  }
}

function fromRow(row: Record<string, unknown> | undefined): StoredJob | undefined {
  if (!row) return undefined
  const record: ComputeRecord = {
    id: String(row.name),
    name: String(row.name),
    status: row.status as ComputeStatus,
    createdAt: String(row.created_at),
    ...(row.status_reason !== null && { statusReason: String(row.status_reason) }),
    ...(row.exit_code !== null && { exitCode: Number(row.exit_code) }),
    ...(row.started_at !== null && { startedAt: String(row.started_at) }),
    ...(row.stopped_at !== null && { stoppedAt: String(row.stopped_at) }),
  }
  const job: ComputeJob = {
    name: record.name,
    definition: String(row.definition),
    environment: JSON.parse(String(row.environment)) as Record<string, string>,
    timeoutSeconds: Number(row.timeout_seconds),
  }
  const stop = row.stop_reason === null ? undefined : { reason: String(row.stop_reason), at: Number(row.stop_at) }
  return { uid: String(row.uid), record, job, stop }
}
