import type { RuleName } from '../../schemas/diagnostics.ts'
import { healthyRl } from './healthy-rl.ts'
import { healthyDpo, healthySft } from './healthy-supervised.ts'
import type { Random } from './random.ts'
import { type Draft, series } from './run.ts'

export interface Disease {
  rule: RuleName
  /** Rules that speak of the same illness. */
  also: readonly RuleName[]
  healthy(random: Random): Draft
  /** Spoils a healthy run from a row on; returns that row where it is another one. */
  strike(draft: Draft, row: number, random: Random): number | undefined
}

const grpo = (random: Random) => healthyRl(random, { algorithm: 'grpo', least: 300 })

/** Every disease that the labelled runs have, by name. */
export const diseases: Record<string, Disease> = {
  'NaN loss': { rule: 'non_finite', also: [], healthy: grpo, strike: nanLoss },
  'KL explosion': { rule: 'kl_explosion', also: ['kl_drift'], healthy: grpo, strike: klExplosion },
  'KL drift past target': { rule: 'kl_drift', also: ['kl_explosion'], healthy: grpo, strike: klDrift },
  'reward collapse, sudden': {
    rule: 'reward_collapse',
    also: ['zero_signal_groups'],
    healthy: grpo,
    strike: (d, r, x) => collapse(d, r, x, 5),
  },
  'reward collapse, gradual': {
    rule: 'reward_collapse',
    also: ['zero_signal_groups'],
    healthy: grpo,
    strike: (d, r, x) => collapse(d, r, x, 80),
  },
  'all truncated, one reward': {
    rule: 'reward_collapse',
    also: ['length_runaway', 'zero_signal_groups'],
    healthy: grpo,
    strike: truncatedAlike,
  },
  'groups all wrong': { rule: 'zero_signal_groups', also: ['grad_vanishing'], healthy: grpo, strike: allWrong },
  'gradient explosion': { rule: 'grad_explosion', also: [], healthy: grpo, strike: gradExplosion },
  'gradient vanishing': { rule: 'grad_vanishing', also: [], healthy: healthySft, strike: gradVanishing },
  'entropy collapse': { rule: 'entropy_collapse', also: ['reward_collapse'], healthy: grpo, strike: entropyCollapse },
  'length runaway': {
    rule: 'length_runaway',
    also: ['reward_collapse', 'zero_signal_groups'],
    healthy: grpo,
    strike: lengthRunaway,
  },
  'throughput drop': { rule: 'throughput_drop', also: [], healthy: healthySft, strike: throughputDrop },
  'memory leak': { rule: 'memory_creep', also: [], healthy: grpo, strike: memoryLeak },
  'SFT learns nothing': { rule: 'loss_plateau', also: [], healthy: healthySft, strike: learnsNothing },
  'SFT diverges': { rule: 'loss_plateau', also: ['grad_explosion'], healthy: healthySft, strike: diverges },
  'DPO stays at ln 2': { rule: 'loss_plateau', also: [], healthy: healthyDpo, strike: stuckPairs },
}

/** Changes a series from a row on; `after` counts rows since. */
function change(draft: Draft, name: string, from: number, next: (value: number, after: number) => number): void {
  const values = draft.series[name]
  if (values) for (let row = from; row < values.length; row++) values[row] = next(values[row]!, row - from)
}

function nanLoss(draft: Draft, row: number): undefined {
  for (const name of ['total_loss', 'policy_loss', 'grad_norm_actor']) change(draft, name, row, () => Number.NaN)
}

function klExplosion(draft: Draft, row: number, random: Random): undefined {
  const [last, over] = [random.between(2.5, 60), random.between(5, 60)]
  change(draft, 'kl_ref', row, (value, after) => {
    const share = Math.min(1, after / over)
    return value ** (1 - share) * last ** share * Math.exp(0.3 * random.normal())
  })
}

function klDrift(draft: Draft, row: number, random: Random): undefined {
  const now = Math.max(0.01, draft.series.kl_ref![row]!)
  draft.head.target_kl = now * random.between(0.7, 2)
  const [last, over] = [draft.head.target_kl * random.between(7, 30), random.between(20, 100)]
  change(draft, 'kl_ref', row, (value, after) => {
    const share = Math.min(1, after / over)
    return Math.max(1e-5, value) ** (1 - share) * last ** share * Math.exp(0.15 * random.normal())
  })
}

/** The reward goes back to where it began or below, in runs that had learned something. */
function collapse(draft: Draft, row: number, random: Random, over: number): undefined {
  const rewards = draft.series.reward_mean!
  const mean = (from: number, to: number) => rewards.slice(from, to).reduce((sum, each) => sum + each, 0) / (to - from)
  const [start, now] = [mean(0, 15), mean(row - 15, row)]
  const range = 5 * draft.series.reward_std![0]!
  // A run that had learned nothing falls below its start.
  const floor = Math.min(start, now - 0.3 * range) - random.between(0, 0.1) * range
  const noise = 0.05 * range
  change(
    draft,
    'reward_mean',
    row,
    (_, after) => now + (floor - now) * Math.min(1, after / over) + noise * random.normal(),
  )
}

function truncatedAlike(draft: Draft, row: number, random: Random): undefined {
  change(draft, 'response_clip_ratio', row, (value, after) =>
    Math.min(1, value + (after / 10) * 0.5 + 0.02 * random.uniform()),
  )
  change(draft, 'reward_std', row, (value, after) => (after < 10 ? value : 0))
}

function allWrong(draft: Draft, _: number, random: Random): number {
  const floor = Math.min(...draft.series.reward_mean!)
  change(draft, 'reward_mean', 0, () => floor + 0.002 * random.uniform())
  change(draft, 'reward_std', 0, () => 0.002 * random.uniform())
  change(draft, 'frac_reward_zero_std', 0, () => (random.chance(0.08) ? 0.875 : 1))
  return 0
}

function gradExplosion(draft: Draft, row: number, random: Random): undefined {
  const factor = Math.exp(random.between(Math.log(40), Math.log(3000)))
  const over = random.between(1, 15)
  change(draft, 'grad_norm_actor', row, (value, after) => value * factor ** Math.min(1, after / over))
}

function gradVanishing(draft: Draft, row: number, random: Random): undefined {
  const factor = random.pick([0, 1e-5, 1e-4])
  change(draft, 'grad_norm_actor', row, (value) => value * factor)
}

/** Within 20 to 100 rows to a few percent, while the reward stands still or falls. */
function entropyCollapse(draft: Draft, row: number, random: Random): undefined {
  const [last, over] = [random.between(0.005, 0.05), random.between(20, 100)]
  const start = draft.series.entropy![0]!
  change(draft, 'entropy', row, (value, after) => {
    const share = Math.min(1, after / over)
    return value ** (1 - share) * (last * start) ** share
  })
  const rewards = draft.series.reward_mean!
  const range = 5 * draft.series.reward_std![0]!
  const level = rewards.slice(row - 15, row).reduce((sum, each) => sum + each, 0) / 15
  const loss = random.between(0, 0.1) * range
  change(
    draft,
    'reward_mean',
    row,
    (_, after) => level - loss * Math.min(1, after / over) + 0.04 * range * random.normal(),
  )
}

function lengthRunaway(draft: Draft, row: number, random: Random): undefined {
  const over = random.between(20, 120)
  change(draft, 'response_clip_ratio', row, (value, after) => value + (0.97 - value) * Math.min(1, after / over))
  change(
    draft,
    'response_length_mean',
    row,
    (value, after) => value * (1 + (4 * after) / over) * 1.01 ** random.normal(),
  )
  const range = 5 * draft.series.reward_std![0]!
  const level = draft.series.reward_mean![row]!
  change(
    draft,
    'reward_mean',
    row,
    (_, after) => level - 0.2 * range * Math.min(1, after / over) + 0.04 * range * random.normal(),
  )
}

function throughputDrop(draft: Draft, row: number, random: Random): undefined {
  const factor = random.between(0.1, 0.4)
  change(draft, 'tokens_per_second', row, (value) => value * factor)
}

function memoryLeak(draft: Draft, row: number, random: Random): undefined {
  const growth = random.between(0.25, 0.8)
  const rows = draft.steps.length - row
  change(draft, 'gpu_memory_allocated_gib', row, (value, after) => value * (1 + (growth * after) / rows))
}

function learnsNothing(draft: Draft, _: number, random: Random): number {
  const [level, noise] = [random.between(1, 3), random.between(0.02, 0.08)]
  draft.series.total_loss = series(draft.steps.length, () => level * Math.exp(noise * random.normal()))
  return 0
}

function diverges(draft: Draft, row: number, random: Random): undefined {
  const [last, over] = [draft.series.total_loss![0]! * random.between(1.2, 3), random.between(5, 60)]
  change(draft, 'total_loss', row, (value, after) => value + (last - value) * Math.min(1, after / over))
}

function stuckPairs(draft: Draft, _: number, random: Random): number {
  const noise = random.between(0.001, 0.01)
  draft.series.total_loss = series(draft.steps.length, () => Math.LN2 + noise * random.normal())
  return 0
}
