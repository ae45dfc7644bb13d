import type { JsonObject } from './ports.ts'

/**
 * What happened, in the past tense. Stored with the write that made it true and delivered at least once, unordered.
 * `id` is deterministic (subject + the version it was written with), so that consumers can tell a repeat.
 */
export interface BusinessEvent {
  id: string
  type: BusinessEventType
  /** ISO 8601, UTC. */
  time: string
  /** For example a job id. */
  subject: string
  data: JsonObject
}

export type BusinessEventType =
  | 'job.submitted.v1'
  | 'job.changed.v1'
  | 'job.finished.v1'
  | 'job.anomaly.v1'
  | 'build.submitted.v1'
  | 'build.finished.v1'
  | 'dataset.registered.v1'
  | 'model.registered.v1'
  | 'model.promoted.v1'
  | 'schedule.changed.v1'
