import type { DatabaseSync } from 'node:sqlite'
import type { Execution, ExecutionStatus, Json } from '../../core/platform/ports.ts'
import type { Machine } from './asl/machine.ts'

/** Creates the tables of the workflows driver where they are missing. */
export function prepareWorkflowTables(database: DatabaseSync): void {
  database.exec(`
    create table if not exists execution (
      seq integer primary key autoincrement,
      name text not null unique,
      machine text not null,
      definition text not null,
      status text not null check (status in ('pending', 'running', 'succeeded', 'failed', 'timed_out', 'aborted')),
      input text not null,
      output text,
      error text,
      cause text,
      started_at text not null,
      running_at integer,
      stopped_at text
    ) strict;
    create index if not exists execution_active on execution (seq) where status in ('pending', 'running');
    create table if not exists journal (
      execution text not null,
      key text not null,
      entry text not null,
      primary key (execution, key)
    ) strict, without rowid;
    create table if not exists machine_definition (
      digest text primary key,
      machine text not null,
      definition text not null
    ) strict, without rowid;
  `)
}

/** An execution with what only its driver needs. */
export interface StoredExecution extends Execution {
  /** Digest of the definition it was started with. */
  definition: string
  /** Epoch ms when it left the queue; the machine's time limit counts from here. */
  runningAt: number | undefined
}

export type WorkflowStore = ReturnType<typeof openWorkflowStore>

/** The statements of the workflows driver. Every method is one statement; SQLite's errors pass through. */
export function openWorkflowStore(database: DatabaseSync) {
  const insert = database.prepare(
    `insert or ignore into execution (name, machine, definition, status, input, started_at) values (?, ?, ?, 'pending', ?, ?)`,
  )
  const select = database.prepare('select * from execution where name = ?')
  const active = database.prepare(
    `select name, status from execution where status in ('pending', 'running') order by status desc, seq`,
  )
  const run = database.prepare(
    `update execution set status = 'running', running_at = ? where name = ? and status = 'pending'`,
  )
  const end = database.prepare(
    `update execution set status = ?, output = ?, error = ?, cause = ?, stopped_at = ? where name = ? and status in ('pending', 'running')`,
  )
  const keep = database.prepare(
    'insert or ignore into machine_definition (digest, machine, definition) values (?, ?, ?)',
  )
  const definition = database.prepare('select definition from machine_definition where digest = ?')
  const entries = database.prepare('select key, entry from journal where execution = ?')
  const record = database.prepare('insert into journal (execution, key, entry) values (?, ?, ?)')

  return {
    keepDefinition(machine: Machine) {
      keep.run(machine.digest, machine.name, machine.definition)
    },
    definition(digest: string): string | undefined {
      return definition.get(digest)?.definition as string | undefined
    },
    /** False when the name is taken. */
    add(name: string, machine: Machine, input: string, startedAt: string): boolean {
      return insert.run(name, machine.name, machine.digest, input, startedAt).changes === 1
    },
    get(name: string): StoredExecution | undefined {
      const row = select.get(name)
      return row && fromRow(row)
    },
    /** Executions that are not finished: the running ones first, each in the order they were started. */
    unfinished(): { name: string; status: ExecutionStatus }[] {
      return active.all() as { name: string; status: ExecutionStatus }[]
    },
    markRunning(name: string, at: number) {
      run.run(at, name)
    },
    /** False when the execution had ended before: the first end stays. */
    end(name: string, ended: Ending): boolean {
      const output = ended.output === undefined ? null : JSON.stringify(ended.output)
      return (
        end.run(ended.status, output, ended.error ?? null, ended.cause ?? null, ended.stoppedAt, name).changes === 1
      )
    },
    entries(execution: string): Map<string, string> {
      return new Map(entries.all(execution).map(({ key, entry }) => [String(key), String(entry)]))
    },
    record(execution: string, key: string, entry: string) {
      record.run(execution, key, entry)
    },
  }
}

export interface Ending {
  status: 'succeeded' | 'failed' | 'timed_out' | 'aborted'
  output?: Json
  error?: string
  cause?: string
  stoppedAt: string
}

function fromRow(row: Record<string, unknown>): StoredExecution {
  return {
    name: String(row.name),
    machine: String(row.machine),
    definition: String(row.definition),
    status: row.status as ExecutionStatus,
    input: JSON.parse(String(row.input)) as Json,
    startedAt: String(row.started_at),
    runningAt: row.running_at === null ? undefined : Number(row.running_at),
    ...(row.output !== null && { output: JSON.parse(String(row.output)) as Json }),
    ...(row.error !== null && { error: String(row.error) }),
    ...(row.cause !== null && { cause: String(row.cause) }),
    ...(row.stopped_at !== null && { stoppedAt: String(row.stopped_at) }),
  }
}
