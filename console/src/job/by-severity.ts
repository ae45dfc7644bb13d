import type { Anomaly, Severity } from '../../../schemas/diagnostics.ts'

const order: Record<Severity, number> = { critical: 0, high: 1, medium: 2, low: 3 }

/** The worst first; among equals what still goes on, then the newest. */
export function bySeverity(anomalies: readonly Anomaly[]): Anomaly[] {
  return anomalies.toSorted(
    (left, right) =>
      order[left.severity] - order[right.severity] ||
      Number(left.ended) - Number(right.ended) ||
      right.stage - left.stage ||
      right.step - left.step,
  )
}
