/** Families of the console's charts, in their order. */
export const metricFamilies = ['loss', 'reward', 'kl', 'gradient', 'throughput', 'memory'] as const
export type MetricFamily = (typeof metricFamilies)[number]

export interface CanonicalMetric {
  /** Empty where a number has none. */
  unit: '' | 'nats' | 'reward' | 'share' | 'tokens' | 'tokens/s' | 's' | 'GiB' | 'steps' | 'epochs'
  family?: MetricFamily
}

/**
 * The names under which the metrics of every framework are stored, with their units; every other metric keeps its own name. Plain
 * data, which the console shares.
 */
export const canonicalMetrics = {
  epoch: { unit: 'epochs' },
  total_loss: { unit: '', family: 'loss' },
  policy_loss: { unit: '', family: 'loss' },
  value_loss: { unit: '', family: 'loss' },
  reward_mean: { unit: 'reward', family: 'reward' },
  reward_std: { unit: 'reward', family: 'reward' },
  reward_max: { unit: 'reward', family: 'reward' },
  reward_min: { unit: 'reward', family: 'reward' },
  kl_ref: { unit: 'nats', family: 'kl' },
  kl_policy: { unit: 'nats', family: 'kl' },
  kl_divergence_max: { unit: 'nats', family: 'kl' },
  entropy: { unit: 'nats' },
  clip_fraction: { unit: 'share' },
  grad_norm_actor: { unit: '', family: 'gradient' },
  grad_norm_critic: { unit: '', family: 'gradient' },
  learning_rate: { unit: '' },
  tokens_per_second: { unit: 'tokens/s', family: 'throughput' },
  step_time: { unit: 's', family: 'throughput' },
  gpu_memory_allocated_gib: { unit: 'GiB', family: 'memory' },
  response_length_mean: { unit: 'tokens' },
  response_clip_ratio: { unit: 'share' },
  frac_reward_zero_std: { unit: 'share' },
  format_accuracy: { unit: 'share' },
  avg_tsc_reward: { unit: 'reward' },
  accuracy: { unit: 'share' },
} as const satisfies Record<string, CanonicalMetric>

export type CanonicalName = keyof typeof canonicalMetrics

/** Names by which the requirement's clients ask. */
export const metricAliases: Record<string, CanonicalName> = { kl_divergence: 'kl_ref', grad_norm: 'grad_norm_actor' }
