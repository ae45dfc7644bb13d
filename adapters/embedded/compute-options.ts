import type { DatabaseSync } from 'node:sqlite'
import type { Clock, ComputeRecord, Ids } from '../../core/platform/ports.ts'

export interface ComputeOptions {
  database: DatabaseSync
  /** Absolute. Holds `<job name>.log` and the supervisors' files. */
  directory: string
  clock: Clock
  ids: Ids
  /** What each definition runs: a program and its arguments, never a shell line. */
  definitions: Record<string, { command: string[]; environment?: Record<string, string> }>
  maxConcurrentJobs: number
  /** Between SIGTERM and SIGKILL. */
  graceSeconds: number
  log(message: string, fields: Record<string, unknown>): void
  /** Called whenever a job has ended; for example `Workflows.poke`. */
  onEnded?: (record: ComputeRecord) => void
}
