import type { Anomaly, BacktestResult, Health } from '../../schemas/diagnostics.ts'
import { jobId } from './job-samples.ts'

export function anomaly(change: Partial<Anomaly> = {}): Anomaly {
  return {
    id: '0.1.kl_explosion.41',
    stage: 0,
    attempt: 1,
    rule: 'kl_explosion',
    severity: 'critical',
    metric: 'kl_ref',
    step: 41,
    last_step: 45,
    ended: true,
    time: '2026-01-01T00:00:41.000Z',
    value: 5,
    threshold: 2,
    unit: 'nats',
    message: 'kl_ref 5 nats is above 2 nats around step 41.',
    cause: 'The policy has moved far away from the reference model.',
    advice: [
      { key: 'stages[0].hyperparameters.learning_rate', value: 0.0005, text: 'slows the drift' },
      { key: '', value: null, text: 'Go on from the newest checkpoint before step 41.' },
    ],
    evidence: [[41, 5]],
    stops: true,
    rules_version: 1,
    ...change,
  }
}

export const healthy: Health = { score: 100, band: 'healthy', critical: 0, high: 0, medium: 0, low: 0 }
export const ailing: Health = { score: 35, band: 'critical', critical: 1, high: 0, medium: 1, low: 0 }

export function backtested(change: Partial<BacktestResult> = {}): BacktestResult {
  return {
    job: jobId,
    status: 'failed',
    anomalies: [anomaly()],
    health: ailing,
    would_stop: {
      rule: 'kl_explosion',
      stage: 0,
      attempt: 1,
      step: 45,
      time: '2026-01-01T00:00:45.000Z',
      message: 'kl_ref 5 nats is above 2 nats around step 41.',
    },
    outcome: 'saved',
    seconds_saved: 7200,
    usd_saved: 5,
    ...change,
  }
}
