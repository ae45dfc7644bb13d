import { type Anomaly, rulesVersion } from '../../schemas/diagnostics.ts'
import { configOf } from './config-of.ts'
import type { DiagnosticsSubject } from './engine.ts'

/** What is known of an attempt that may stand still. */
export interface Progress {
  subject: DiagnosticsSubject
  /** Epoch ms, as the next two. */
  now: number
  startedAt: number
  /** When the newest step arrived; null: none did. */
  lastSeenAt: number | null
  /** Seconds, of recent steps. */
  stepTimes: readonly number[]
  lastStep: number
}

const quantile = 0.95
// With fewer, one long pause among them says nothing about the next.
const enough = 5
const firstStep = { medium: 3, high: 12 }

/**
 * No new step for longer than k times the 95th percentile of the step time, twice the longest recent step, and the least seconds: high;
 * three times that: critical. Before the first step (loading, compiling) three times the least seconds: medium; twelve times: high.
 * undefined: it moves.
 */
export function checkStall({
  subject,
  now,
  startedAt,
  lastSeenAt,
  stepTimes,
  lastStep,
}: Progress): Anomaly | undefined {
  const { enabled, k, min_seconds: least } = configOf(subject.head).step_stall
  if (!enabled) return undefined
  const idle = (now - (lastSeenAt ?? startedAt)) / 1000
  if (lastSeenAt === null) {
    const severity = idle > firstStep.high * least ? 'high' : idle > firstStep.medium * least ? 'medium' : undefined
    if (!severity) return undefined
    return stall(subject, severity, startedAt, lastStep, idle, firstStep[severity] * least, 'before its first step')
  }
  const known = stepTimes.filter((seconds) => seconds > 0 && Number.isFinite(seconds)).sort((a, b) => a - b)
  const longest = known.at(-1) ?? 0
  const usual = known.length < enough ? longest : known[Math.ceil(quantile * known.length) - 1]!
  const limit = Math.max(k * usual, 2 * longest, least * (known.length < enough ? firstStep.medium : 1))
  if (!(idle > limit)) return undefined
  const severity = idle > 3 * limit ? 'critical' : 'high'
  return stall(
    subject,
    severity,
    lastSeenAt,
    lastStep,
    idle,
    severity === 'critical' ? 3 * limit : limit,
    `since step ${lastStep}`,
  )
}

function stall(
  { stage, attempt, head }: DiagnosticsSubject,
  severity: 'medium' | 'high' | 'critical',
  since: number,
  step: number,
  idle: number,
  limit: number,
  where: string,
): Anomaly {
  const config = configOf(head)
  return {
    id: `${stage}.${attempt}.step_stall.${step}`,
    stage,
    attempt,
    rule: 'step_stall',
    severity,
    metric: null,
    step,
    last_step: step,
    ended: false,
    time: new Date(since).toISOString(),
    value: Math.round(idle),
    threshold: Math.round(limit),
    unit: 's',
    message: `No step for ${Math.round(idle)} s ${where} (limit ${Math.round(limit)} s).`,
    cause:
      'A collective operation waits for a dead rank, a disk or a download hangs, or a long evaluation or checkpoint is running. The process may look busy: only steps count.',
    advice: [
      { key: '', value: null, text: 'Look at the newest log lines of the trainer; one rank that stopped stops all.' },
      {
        key: 'diagnostics.step_stall.min_seconds',
        value: Math.max(1, Math.ceil((1.5 * idle) / 60) * 60),
        text: 'if an evaluation, a checkpoint or the start really takes so long',
      },
    ],
    evidence: [],
    stops: severity === 'critical' && config.mode === 'enforce',
    rules_version: rulesVersion,
  }
}
