import type { Advice, Anomaly, Health, Severity } from '../../schemas/diagnostics.ts'
import type { Context } from '../context.ts'
import type { Paint } from '../text/paint.ts'
import { wrap } from '../text/width.ts'
import { bandTones, changeText, severityTones } from '../watch/findings.ts'

const weights: Record<Severity, number> = { critical: 50, high: 30, medium: 15, low: 5 }
const severities = ['critical', 'high', 'medium', 'low'] as const

/** `85 of 100, healthy: 100 - 1 medium x 15`. */
export function healthLine(health: Health, paint: Paint): string {
  const lost = severities.flatMap((severity) =>
    health[severity] > 0 ? [` - ${health[severity]} ${severity} x ${weights[severity]}`] : [],
  )
  const why = lost.length === 0 ? 'nothing lowers it' : `100${lost.join('')}`
  return `${paint(bandTones[health.band], `${health.score} of 100, ${health.band}`)}: ${why}`
}

/** A finding in full: what was seen, what it usually means, what to change. */
export function anomalyLines(anomaly: Anomaly, { paint, tableColumns }: Pick<Context, 'paint' | 'tableColumns'>) {
  const columns = tableColumns ?? Number.POSITIVE_INFINITY
  const { cause, advice } = anomaly
  return [
    ...headLines(anomaly, columns, paint),
    ...(cause === '' ? [] : wrap(cause, columns, 4).map((line) => paint('dim', line))),
    ...advice.flatMap((each) => adviceLines(each, columns, paint)),
  ]
}

/** What was seen, where, and whether it stops the job. */
export function headLines(anomaly: Anomaly, columns: number, paint: Paint): string[] {
  const { stage, attempt, rule, severity, step, last_step, ended, message, stops } = anomaly
  const steps = !ended ? `from step ${step} on` : last_step > step ? `steps ${step}-${last_step}` : `step ${step}`
  const facts = [`stage ${stage} attempt ${attempt}`, steps, stops && 'stops the job']
  return [
    `${paint(severityTones[severity], `${severity} ${rule}`)}  ${paint('dim', facts.filter(Boolean).join(', '))}`,
    ...wrap(message, columns, 4),
  ]
}

function adviceLines(advice: Advice, columns: number, paint: Paint): string[] {
  const change = changeText(advice)
  const words = wrap(advice.text, columns, 6)
  if (change === '') return words.map((line, i) => (i === 0 ? `    > ${line.trimStart()}` : line))
  return [`    > ${paint('strong', change)}`, ...words]
}
