import type { Advice, Anomaly, HealthBand, Severity } from '../../schemas/diagnostics.ts'
import type { JobEvent } from '../../schemas/job.ts'
import type { Paint, Tone } from '../text/paint.ts'
import { metric } from '../text/values.ts'
import { truncate } from '../text/width.ts'
import type { WatchView } from './view.ts'

export const severityTones: Record<Severity, Tone> = { critical: 'bad', high: 'bad', medium: 'warn', low: 'dim' }
export const bandTones: Record<HealthBand, Tone> = { healthy: 'good', warning: 'warn', critical: 'bad' }

// More would push the pipeline out of a small terminal.
const mostShown = 3

/** The newest findings about the attempts that run or ran last, one line each. Pure. */
export function findingLines({ job, anomalies = [] }: WatchView, columns: number, paint: Paint): string[] {
  const current = anomalies.filter(({ stage, attempt }) => job.stages[stage]?.attempts.at(-1)?.number === attempt)
  const shown = current.slice(-mostShown).map(({ severity, rule, stage, step, message, ended }) => {
    const place = `stage ${stage} ${ended ? 'at' : 'from'} step ${step}`
    return paint(severityTones[severity], truncate(`! ${severity} ${rule}, ${place}: ${message}`, columns))
  })
  const more = current.length - shown.length
  const rest = more > 0 ? [paint('dim', truncate(`  ${more} earlier: sluice jobs anomalies ${job.id}`, columns))] : []
  return [...rest, ...shown]
}

/** What to do about the finding that an event tells of; nothing for other events, and while the finding is not read yet. */
export function adviceOf(event: JobEvent, anomalies: readonly Anomaly[] = []): string[] {
  if (event.type !== 'anomaly_found') return []
  const found = anomalies.find(({ id }) => id === event.data.anomaly)
  return (found?.advice ?? []).map(adviceText)
}

/** The change once: `stages[0].hyperparameters.learning_rate 0.04 -> 0.02: smaller steps leave room`. */
function adviceText(advice: Advice): string {
  const { key, text } = advice
  const leaf = key.slice(key.lastIndexOf('.') + 1)
  if (key !== '' && text.startsWith(`${leaf} `)) return `${key}${text.slice(leaf.length)}`
  return [changeText(advice), text].filter(Boolean).join(': ')
}

/** `stages[0].hyperparameters.learning_rate = 0.0001`; empty where no key of the recipe is to be changed. */
export function changeText({ key, value }: Advice): string {
  if (key === '' || value === null) return key
  return `${key} = ${typeof value === 'number' ? metric(value) : value}`
}
