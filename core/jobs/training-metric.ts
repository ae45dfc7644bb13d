import type { canonicalMetrics } from '../../schemas/canonical-metrics.ts'
import type { Anomaly } from '../../schemas/diagnostics.ts'
import type { TrainingMetric } from '../../schemas/operations/monitoring.ts'
import { compareSeverity } from '../diagnostics/anomaly-store.ts'
import { type Column, has, toWire } from '../metrics/columns.ts'
import type { SeriesReader, StageSeries } from '../metrics/series-reader.ts'
import { pointTime } from './point-time.ts'

export interface StepRange {
  /** Inclusive. */
  start_step?: number | undefined
  end_step?: number | undefined
  /** The newest of the range. */
  limit: number
}

/** Fields of the flat form that have the name of their metric. */
const ownFields = [
  'epoch',
  'total_loss',
  'policy_loss',
  'value_loss',
  'reward_mean',
  'reward_std',
  'reward_max',
  'reward_min',
  'grad_norm_actor',
  'grad_norm_critic',
  'learning_rate',
  'tokens_per_second',
  'step_time',
  'gpu_memory_allocated_gib',
] as const satisfies (keyof typeof canonicalMetrics & keyof TrainingMetric)[]
const flat = new Set<string>([...ownFields, 'kl_ref', 'kl_divergence_max'])

/**
 * The newest rows of the winning view of all stages in the requirement's flat form, oldest first. With `onlyAnomalous`, only steps that a
 * finding covers.
 */
export async function listTrainingMetrics(
  reader: SeriesReader,
  job: string,
  { start_step: start = 0, end_step: end = Number.POSITIVE_INFINITY, limit }: StepRange,
  anomalies: readonly Anomaly[],
  onlyAnomalous = false,
): Promise<TrainingMetric[]> {
  const found: TrainingMetric[] = []
  for (const stage of (await reader.stages(job)).toReversed()) {
    const series = await reader.stage(job, stage)
    if (!series || found.length === limit) continue
    const own = anomalies.filter((anomaly) => anomaly.stage === stage)
    if (onlyAnomalous && own.length === 0) continue
    const flatten = await flattener(series, stage, own)
    for (let row = series.steps.length - 1; row >= 0 && found.length < limit; row--) {
      const step = series.steps[row] as number
      if (!(step >= start && step <= end)) continue
      if (onlyAnomalous && !worstAt(own, series.attemptAt(row), step)) continue
      found.push(flatten(row))
    }
  }
  return found.reverse()
}

/** Makes a row of a stage flat. */
async function flattener(series: StageSeries, stage: number, anomalies: readonly Anomaly[]) {
  const columns = (await Promise.all(series.names().map((name) => series.column(name)))).filter((column) => !!column)
  const byName = new Map(columns.map((column) => [column.name, column]))
  const others = columns.filter(({ name }) => !flat.has(name))
  return (row: number): TrainingMetric => {
    const of = (name: string) => valueAt(byName.get(name), row)
    const [step, attempt, time] = [series.steps[row] as number, series.attemptAt(row), series.times[row] as number]
    const finding = worstAt(anomalies, attempt, step)
    const fields = Object.fromEntries(ownFields.map((name) => [name, of(name)])) as Pick<
      TrainingMetric,
      (typeof ownFields)[number]
    >
    return {
      step,
      stage,
      attempt,
      timestamp: pointTime(time),
      ...fields,
      kl_divergence: of('kl_ref'),
      // Frameworks log one value per step: it is the greatest there is.
      kl_divergence_max: of('kl_divergence_max') ?? of('kl_ref'),
      has_anomaly: finding !== undefined,
      anomaly_type: finding?.rule ?? null,
      anomaly_message: finding?.message ?? null,
      extra_metrics: Object.fromEntries(
        others.flatMap((column) => (has(column, row) ? [[column.name, toWire(column.values[row] as number)]] : [])),
      ),
    }
  }
}

function valueAt(column: Column | undefined, row: number) {
  return column && has(column, row) ? toWire(column.values[row] as number) : null
}

/** The worst finding whose episode covers the step, from its beginning to its end, if it has one; of equals the first that began. */
function worstAt(anomalies: readonly Anomaly[], attempt: number, step: number): Anomaly | undefined {
  let worst: Anomaly | undefined
  for (const each of anomalies) {
    if (each.attempt !== attempt || step < each.step || (each.ended && step > each.last_step)) continue
    if (!worst || compareSeverity(each.severity, worst.severity) > 0) worst = each
  }
  return worst
}
