import type { Anomaly, Severity } from '../../schemas/diagnostics.ts'
import type { JobEvent } from '../../schemas/job.ts'

/** A finding of attempt 1 of stage 0. */
export function anomaly(step: number, severity: Severity, attempt = 1): Anomaly {
  return {
    id: `0.${attempt}.kl_drift.${step}`,
    stage: 0,
    attempt,
    rule: 'kl_drift',
    severity,
    metric: 'kl_ref',
    step,
    last_step: step,
    ended: false,
    time: null,
    value: 0.5,
    threshold: 0.4,
    unit: 'nats',
    message: 'kl_ref 0.5 nats is above 0.4',
    cause: 'the policy moves away from its reference',
    advice: [],
    evidence: [],
    stops: false,
    rules_version: 1,
  }
}

/** The entry of a job's history that says so. */
export function findingEntry(job: string, step: number, severity: Severity): JobEvent {
  return {
    id: `${job}#${step}`,
    type: 'anomaly_found',
    time: '2026-01-01T00:00:00.000Z',
    status: 'running',
    message: 'found',
    data: { run: 1, anomaly: anomaly(step, severity).id, severity },
  }
}
