import { type CanonicalName, canonicalMetrics, metricAliases } from '../../schemas/canonical-metrics.ts'

/** What frameworks call each canonical metric, best first: TRL, verl, LLaMA-Factory, OpenRLHF and nested lines by groups. */
const natives: Partial<Record<CanonicalName, readonly string[]>> = {
  total_loss: ['loss/total_loss', 'loss', 'actor/loss', 'train/loss', 'gpt_loss'],
  policy_loss: ['loss/actor_loss', 'loss/policy_avg', 'actor/pg_loss'],
  value_loss: ['loss/critic_loss', 'loss/value_avg', 'critic/vf_loss', 'critic_loss'],
  reward_mean: [
    'reward/mean',
    'reward',
    'critic/rewards/mean',
    'critic/score/mean',
    'objective/scores',
    'objective/rlhf_reward',
    'rewards/chosen',
    'rewards/margins',
  ],
  reward_std: ['reward/std'],
  reward_max: ['reward/max', 'critic/rewards/max', 'max_reward'],
  reward_min: ['reward/min', 'critic/rewards/min', 'min_reward'],
  kl_ref: ['kl/mean', 'kl', 'objective/kl', 'actor/kl_loss', 'actor/reward_kl_penalty'],
  kl_policy: ['policy/approxkl_avg', 'actor/ppo_kl', 'ppo_kl'],
  kl_divergence_max: ['kl/max'],
  entropy: ['policy/entropy_avg', 'actor/entropy', 'entropy_loss'],
  clip_fraction: ['clip_ratio/region_mean', 'policy/clipfrac_avg', 'actor/pg_clipfrac', 'clip_ratio'],
  grad_norm_actor: ['gradient/actor_norm', 'actor/grad_norm', 'train/grad_norm', 'actor_grad_norm'],
  grad_norm_critic: ['gradient/critic_norm', 'critic/grad_norm', 'critic_grad_norm'],
  learning_rate: ['actor/lr', 'train/lr', 'lr', 'actor_lr', 'critic/lr'],
  tokens_per_second: ['performance/tokens_per_second', 'throughput'],
  step_time: ['performance/step_time', 'perf/time_per_step', 'timing_s/step'],
  gpu_memory_allocated_gib: [
    'performance/gpu_memory_allocated',
    'actor/perf/max_memory_allocated_gb',
    'perf/max_memory_allocated_gb',
    'vram_allocated',
  ],
  response_length_mean: ['completions/mean_length', 'response_length/mean', 'response_length'],
  response_clip_ratio: ['completions/clipped_ratio', 'response_length/clip_ratio'],
  accuracy: ['rewards/accuracies', 'mean_token_accuracy'],
}

export interface CanonicalChoice {
  name: CanonicalName
  /** Lower wins where a line has several names for one metric. */
  priority: number
}

const choices = new Map<string, CanonicalChoice>()
for (const name of Object.keys(canonicalMetrics) as CanonicalName[]) {
  const aliases = Object.keys(metricAliases).filter((alias) => metricAliases[alias] === name)
  const all = [name, ...aliases, ...(natives[name] ?? [])]
  all.forEach((native, priority) => {
    choices.set(native, { name, priority })
  })
}

/** The canonical metric of a framework's name; undefined for a name that stays as it is. */
export const canonicalOf = (native: string): CanonicalChoice | undefined => choices.get(native)

/** Empty where a metric has no unit or none is known. */
export function unitOf(name: string): string {
  return Object.hasOwn(canonicalMetrics, name) ? canonicalMetrics[name as CanonicalName].unit : ''
}
