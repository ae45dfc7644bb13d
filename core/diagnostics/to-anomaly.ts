import { type Anomaly, rulesVersion } from '../../schemas/diagnostics.ts'
import { toWire } from '../metrics/columns.ts'
import type { Detector, Setting } from './detector.ts'
import { type Finding, maxEpisodes } from './episode.ts'

const severities = ['low', 'low', 'medium', 'high', 'critical'] as const

/** The record of a finding. Follows from what its episode remembers. */
export function toAnomaly(detector: Detector, finding: Finding, setting: Setting, own: Float32Array): Anomaly {
  const { stage, attempt, config } = setting
  const words = detector.describe(finding, setting, own)
  const severity = severities[finding.level]
  const last = finding.ordinal >= maxEpisodes
  const { rule } = detector
  return {
    id: idOf(detector, finding, setting),
    stage,
    attempt,
    rule,
    severity,
    metric: words.metric ?? detector.metric,
    step: finding.step,
    last_step: finding.lastStep,
    ended: finding.ended,
    time: timestamp(finding.time),
    value: toWire(finding.value),
    threshold: Number.isFinite(finding.threshold) ? Number(finding.threshold.toPrecision(7)) : null,
    unit: detector.unit,
    message: last
      ? `${words.message} ${maxEpisodes} episodes in this attempt: later ones are not told.`
      : words.message,
    cause: words.cause,
    advice: words.advice.slice(0, 8),
    evidence: finding.evidence.map(([step, value]) => [step, toWire(Number(value.toPrecision(7)))]),
    stops: severity === 'critical' && config.mode === 'enforce',
    rules_version: rulesVersion,
  }
}

function idOf({ rule, suffix }: Detector, { step, ordinal, again }: Finding, { stage, attempt }: Setting): string {
  const parts = [stage, attempt, rule, step, ...(suffix ? [suffix] : []), ...(again ? [ordinal] : [])]
  return parts.join('.')
}

// The times that ISO 8601 and Date have in common.
const latest = 253_402_300_799_999

function timestamp(time: number): string | null {
  return time >= 0 && time <= latest ? new Date(time).toISOString() : null
}
