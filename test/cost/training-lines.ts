/**
 * What a trainer of GRPO logs, by the kind of each number: rounded by the trainer, a whole number, a count over a batch, a float32 of
 * the model, a float64 of the clock or of the schedule.
 */
const metrics: Record<string, (random: () => number, step: number) => number> = {
  loss: (random) => round(random() / 10, 4),
  learning_rate: (_, step) => 1e-6 * 0.5 * (1 + Math.cos((Math.PI * step) / 10_000)),
  grad_norm: (random) => Math.fround(0.2 + random()),
  reward: (random) => Math.round(random() * 64) / 64,
  reward_std: (random) => Math.fround(random() / 2),
  'rewards/format_reward/mean': (random) => Math.round(random() * 64) / 64,
  'rewards/accuracy_reward/mean': (random) => Math.round(random() * 64) / 64,
  frac_reward_zero_std: (random) => Math.round(random() * 8) / 8,
  kl: (random) => Math.fround(random() / 50),
  entropy: (random) => Math.fround(0.5 + random() / 10),
  'clip_ratio/low_mean': () => 0,
  'clip_ratio/high_mean': (random) => (random() < 0.1 ? Math.fround(random() / 1000) : 0),
  'clip_ratio/region_mean': (random) => (random() < 0.1 ? Math.fround(random() / 1000) : 0),
  'completions/mean_length': (random) => 100 + Math.round(random() * 64 * 200) / 64,
  'completions/min_length': (random) => Math.round(20 + random() * 50),
  'completions/max_length': (random) => Math.round(300 + random() * 200),
  'completions/clipped_ratio': (random) => Math.round(random() * 8) / 64,
  num_tokens: (_, step) => step * 12_345,
  epoch: (_, step) => round(step / 7473, 4),
  step_time: (random) => 2 + random() / 5,
}

export const metricNames = Object.keys(metrics)

/** One line of a metrics segment for each step from 1, with 20 metrics; the same at every call. */
export function trainingLines(steps: number): string[] {
  const random = lehmer(42)
  return Array.from({ length: steps }, (_, i) => {
    const values = Object.entries(metrics).map(([name, value]) => [name, value(random, i + 1)])
    const ts = new Date(Date.UTC(2026, 0, 1) + i * 2000).toISOString()
    return `${JSON.stringify({ step: i + 1, ts, data: Object.fromEntries(values) })}\n`
  })
}

const round = (value: number, digits: number) => Number(value.toFixed(digits))

/** Park and Miller's minimal standard generator. */
function lehmer(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
