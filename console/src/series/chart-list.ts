import { canonicalMetrics, type MetricFamily, metricFamilies } from '../../../schemas/canonical-metrics.ts'

export interface ChartSpec {
  key: string
  title: string
  unit: string
  metrics: string[]
}

const titles: Record<MetricFamily, string> = {
  loss: 'Loss',
  reward: 'Reward',
  kl: 'KL divergence',
  gradient: 'Gradient norm',
  throughput: 'Throughput',
  memory: 'GPU memory',
}

const explanations: Record<string, string> = {
  kl_ref: 'to the reference model',
  kl_policy: 'to the policy before the update',
  kl_divergence_max: 'largest to the reference',
  grad_norm_actor: 'policy',
  grad_norm_critic: 'value function',
}

/** What tells a metric from its neighbours, in words; '' where its name does. */
export const explain = (metric: string): string => explanations[metric] ?? ''

export const familyTitle = (family: MetricFamily): string => titles[family]

export function unitOf(metric: string, units: ReadonlyMap<string, string> = new Map()): string {
  return lookup(metric)?.unit ?? units.get(metric) ?? ''
}

export function familyOf(metric: string): MetricFamily | undefined {
  return lookup(metric)?.family
}

/**
 * The charts of the chosen families and of the metrics chosen by name. Two units never share one axis, and neither do the two meanings
 * of KL: such a family is two charts.
 */
export function chartList(
  names: readonly string[],
  families: readonly MetricFamily[],
  more: readonly string[],
  units: ReadonlyMap<string, string> = new Map(),
): ChartSpec[] {
  const canonical = Object.keys(canonicalMetrics)
  const charts = metricFamilies
    .filter((family) => families.includes(family))
    .flatMap((family) => {
      const members = canonical.filter((name) => names.includes(name) && familyOf(name) === family)
      const byAxis = [...Map.groupBy(members, (name) => (name === 'kl_policy' ? 'policy' : unitOf(name)))]
      return byAxis.map(([axis, metrics]) => ({
        key: `${family} ${axis}`,
        title: titleOf(family, axis),
        unit: unitOf(metrics[0] ?? ''),
        metrics,
      }))
    })
  const single = more
    .filter((name) => names.includes(name))
    .map((name) => ({ key: `metric ${name}`, title: name, unit: unitOf(name, units), metrics: [name] }))
  return [...charts, ...single]
}

/** Chosen families of which nothing was logged. */
export function absentFamilies(names: readonly string[], families: readonly MetricFamily[]): MetricFamily[] {
  return families.filter((family) => !names.some((name) => familyOf(name) === family))
}

function lookup(metric: string): { unit: string; family?: MetricFamily } | undefined {
  return Object.hasOwn(canonicalMetrics, metric) ? canonicalMetrics[metric as keyof typeof canonicalMetrics] : undefined
}

function titleOf(family: MetricFamily, axis: string): string {
  if (family === 'kl') return axis === 'policy' ? 'KL to the old policy' : 'KL to the reference'
  return axis === 's' ? 'Time per step' : titles[family]
}
