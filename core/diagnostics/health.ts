import type { Anomaly, Health } from '../../schemas/diagnostics.ts'

/** max(0, 100 - 50 critical - 30 high - 15 medium - 5 low), over episodes that have ended too [R1 1.5.3]. */
export function scoreHealth(anomalies: readonly Pick<Anomaly, 'severity'>[]): Health {
  const counts = { critical: 0, high: 0, medium: 0, low: 0 }
  for (const { severity } of anomalies) counts[severity]++
  const { critical, high, medium, low } = counts
  const score = Math.max(0, 100 - 50 * critical - 30 * high - 15 * medium - 5 * low)
  return { score, band: score >= 80 ? 'healthy' : score >= 50 ? 'warning' : 'critical', ...counts }
}

/** The first finding of the list that stops its job. */
export function stopOf(anomalies: readonly Anomaly[]): Anomaly | undefined {
  return anomalies.find((anomaly) => anomaly.stops)
}
