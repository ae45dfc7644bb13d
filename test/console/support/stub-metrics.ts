import { canonicalMetrics } from '../../../schemas/canonical-metrics.ts'
import type { LiveMetrics } from '../../../schemas/live.ts'
import type { MetricBranch, MetricSeries } from '../../../schemas/metrics.ts'
import { began } from './stub-job.ts'

/** Value of a metric at a step: noise about a curve, the same in every run. `nan` says where it is not a number. */
export interface Curve {
  stage: number
  steps: number
  names: string[]
  nan?: { name: string; step: number }
}

const shapes: Record<string, (share: number, noise: number) => number> = {
  total_loss: (share, noise) => 0.4 + 1.8 * Math.exp(-5 * share) + 0.12 * noise,
  policy_loss: (share, noise) => 0.05 * noise + 0.02 * Math.sin(9 * share),
  reward_mean: (share, noise) => 0.9 - 0.8 * Math.exp(-4 * share) + 0.06 * noise,
  reward_std: (share, noise) => 0.4 - 0.2 * share + 0.03 * noise,
  kl_ref: (share, noise) => 0.002 + 0.05 * share + 0.004 * noise,
  kl_policy: (_, noise) => 0.0006 + 0.0003 * noise,
  grad_norm_actor: (share, noise) => 1.2 - 0.7 * share + 0.25 * noise,
  tokens_per_second: (_, noise) => 14_200 + 500 * noise,
  step_time: (_, noise) => 2.4 + 0.15 * noise,
  gpu_memory_allocated_gib: (share) => 61.2 + 0.4 * share,
}
const other = (share: number, noise: number) => share + 0.1 * noise

export const stubNames = [...Object.keys(shapes), 'entropy', 'learning_rate', 'timing_s/gen']

export function valueAt(name: string, step: number, steps: number): number {
  const noise = 2 * hash(`${name} ${step}`) - 1
  return (shapes[name] ?? other)(step / steps, noise)
}

/** The answer of GET .../metrics to a query, as the server forms it. */
export function stubSeries(curve: Curve, query: URLSearchParams): MetricSeries[] {
  const wanted = query.get('names')?.split(',')
  if (query.has('stage') && Number(query.get('stage')) !== curve.stage) return []
  const [from, to] = [Number(query.get('start_step') ?? 1), Number(query.get('end_step') ?? curve.steps)]
  const last = Math.min(to, curve.steps)
  return curve.names
    .filter((name) => !wanted || wanted.includes(name))
    .map((name) => bucketed(curve, name, Math.max(1, from), last, Number(query.get('buckets') ?? 600)))
}

function bucketed(curve: Curve, name: string, from: number, to: number, most: number): MetricSeries {
  const width = Math.max(1, Math.ceil((to - from + 1) / most))
  const buckets = emptyBuckets()
  for (let start = from; start <= to; start += width)
    addBucket(buckets, curve, name, start, Math.min(to, start + width - 1))
  return { stage: curve.stage, name, unit: unitOf(name), points: [], buckets }
}

function addBucket(
  buckets: ReturnType<typeof emptyBuckets>,
  { steps, nan }: Curve,
  name: string,
  from: number,
  to: number,
) {
  let [sum, min, max, finite] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (let step = from; step <= to; step += 1) {
    if (nan?.name === name && nan.step === step) continue
    const value = valueAt(name, step, steps)
    sum += value
    min = Math.min(min, value)
    max = Math.max(max, value)
    finite += 1
  }
  const or = (value: number) => (finite > 0 ? value : null)
  buckets.from.push(from)
  buckets.to.push(to)
  buckets.time.push(timeOf(from))
  buckets.count.push(to - from + 1)
  buckets.min.push(or(min))
  buckets.max.push(or(max))
  buckets.mean.push(or(sum / finite))
  buckets.nan.push(to - from + 1 - finite)
  buckets.positive_infinity.push(0)
  buckets.negative_infinity.push(0)
}

export function stubBranch(curve: Curve, attempt = 1, change: Partial<MetricBranch> = {}): MetricBranch {
  return {
    stage: curve.stage,
    attempt,
    rows: curve.steps,
    points: curve.steps * curve.names.length,
    segments: 12,
    first_step: 1,
    last_step: curve.steps,
    wins: { from: 1, to: curve.steps },
    first_time: timeOf(1),
    last_time: timeOf(curve.steps),
    names: curve.names.map((name) => ({ name, native: name, unit: unitOf(name) })),
    junk_lines: 0,
    backward_steps: 0,
    type_changes: 0,
    refused_names: 0,
    junk: [],
    compacted: false,
    ...change,
  }
}

/** Rows of a live stream. */
export function stubRows(curve: Curve, attempt: number, steps: number[]): LiveMetrics {
  const values = Object.fromEntries(
    curve.names.map((name) => [name, steps.map((step) => valueAt(name, step, curve.steps))]),
  )
  return { stage: curve.stage, attempt, steps, times: steps.map(timeOf), values }
}

function emptyBuckets(): NonNullable<MetricSeries['buckets']> {
  return {
    from: [],
    to: [],
    time: [],
    count: [],
    min: [],
    max: [],
    mean: [],
    nan: [],
    positive_infinity: [],
    negative_infinity: [],
  }
}

const timeOf = (step: number) => began + 60_000 + step * 2400
const unitOf = (name: string): string => (name in canonicalMetrics ? canonicalMetrics[name as 'kl_ref'].unit : '')

/** In [0, 1), the same for the same text. */
function hash(text: string): number {
  let value = 2166136261
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 16777619)
  value = Math.imul(value ^ (value >>> 15), 2246822507)
  return ((value ^ (value >>> 13)) >>> 0) / 2 ** 32
}
