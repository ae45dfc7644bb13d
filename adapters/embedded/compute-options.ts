import type { DatabaseSync } from 'node:sqlite'
import type { Clock, ComputeRecord, Ids } from '../../core/platform/ports.ts'

export interface ProgramDefinition {
  /** A program and its arguments, never a shell line. */
  command: string[]
  environment?: Record<string, string>
  /** None unless told. */
  gpus?: number
  /** Of one GPU. */
  gpuMemoryBytes?: number
  /** 0 unless told: a machine of one's own sends no bill. */
  usdPerHour?: number
}

export interface ComputeOptions {
  database: DatabaseSync
  /** Absolute. Holds `<job name>.log` and the supervisors' files. */
  directory: string
  clock: Clock
  ids: Ids
  /** What each definition runs. */
  definitions: Record<string, ProgramDefinition>
  maxConcurrentJobs: number
  /** Between SIGTERM and SIGKILL. */
  graceSeconds: number
  log(message: string, fields: Record<string, unknown>): void
  /** Called whenever a job has ended; for example `Workflows.poke`. */
  onEnded?: (record: ComputeRecord) => void
}
