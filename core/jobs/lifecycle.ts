import { type JobStatus, terminalStatuses } from '../../schemas/job.ts'

export type LifecycleEvent =
  | 'preflight_started'
  | 'preflight_passed'
  | 'ticket_issued'
  | 'attempt_prepared'
  | 'compute_observed'
  | 'attempt_ended'
  | 'anomaly_found'
  | 'evaluation_planned'
  | 'evaluations_compared'
  | 'model_registered'
  | 'evaluation_passed'
  | 'refused'
  | 'failed'
  | 'cancelled'
  | 'resumed'

const stop = { failed: 'failed', cancelled: 'cancelled' } as const

/** What may happen to a job in each status, and the status after it. Repeats of a step map to the same status: handlers are idempotent. */
const table: Record<JobStatus, Partial<Record<LifecycleEvent, JobStatus>>> = {
  submitted: { preflight_started: 'validating', ...stop },
  validating: {
    preflight_started: 'validating',
    preflight_passed: 'succeeded',
    ticket_issued: 'queued',
    refused: 'refused',
    ...stop,
  },
  queued: { ticket_issued: 'queued', attempt_prepared: 'running', evaluation_planned: 'evaluating', ...stop },
  running: {
    attempt_prepared: 'running',
    compute_observed: 'running',
    attempt_ended: 'running',
    anomaly_found: 'running',
    evaluation_planned: 'evaluating',
    ...stop,
  },
  evaluating: { evaluation_planned: 'evaluating', evaluations_compared: 'gating', ...stop },
  gating: {
    evaluations_compared: 'gating',
    model_registered: 'succeeded',
    evaluation_passed: 'succeeded',
    refused: 'refused',
    ...stop,
  },
  succeeded: {},
  // A resumed job that preflight refused (a full disk, say) still has its checkpoint.
  refused: { resumed: 'submitted' },
  failed: { resumed: 'submitted' },
  cancelled: { resumed: 'submitted' },
}

/** The status after an event, or undefined when the event may not happen (it is late, repeated or wrong). Pure. */
export function next(status: JobStatus, event: LifecycleEvent): JobStatus | undefined {
  return table[status][event]
}

/** Whether a run in this status is over. */
export function isTerminal(status: JobStatus): boolean {
  return (terminalStatuses as readonly JobStatus[]).includes(status)
}
