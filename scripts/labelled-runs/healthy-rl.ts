import type { JsonObject } from '../../core/platform/ports.ts'
import type { Random } from './random.ts'
import { type Draft, type Series, series, wander } from './run.ts'

export interface RlOptions {
  algorithm: 'grpo' | 'ppo' | 'dapo'
  /** Rows at least, for a disease that needs time. */
  least?: number
}

/** A policy that learns: reward up with noise and wandering, KL and lengths moving, heavy tails where such runs have them. */
export function healthyRl(random: Random, { algorithm, least = 150 }: RlOptions): Draft {
  const every = random.pick([1, 1, 1, 2, 5, 10])
  const rows = Math.floor(random.between(least, 900))
  const solved = algorithm === 'grpo' && random.chance(0.12)
  const from = random.chance(0.15) ? Math.floor(random.between(100, 2000)) : 0
  const steps = Array.from({ length: rows }, (_, row) => from + (row + 1) * every)
  const reward = rewards(random, rows, from > 0, solved)
  const finalKl = Math.exp(random.between(Math.log(0.01), Math.log(0.4)))
  const draft: Draft = {
    head: {
      algorithm: algorithm === 'dapo' ? 'grpo' : algorithm,
      planned_steps: steps.at(-1)!,
      resumed_from_step: from,
      hyperparameters: hyperparameters(algorithm),
      ...(algorithm === 'grpo' && random.chance(0.35) && { target_kl: finalKl * random.between(0.7, 2) }),
    },
    steps,
    evaluations: new Map(),
    series: {
      ...reward,
      policy_loss: series(rows, () => 0.02 * random.normal()),
      learning_rate: series(
        rows,
        (share, row) => 1e-6 * Math.min(1, (row + 1) / 10) * (0.1 + 0.9 * Math.cos((share * Math.PI) / 2)),
      ),
      entropy: entropies(random, rows, algorithm),
      grad_norm_actor: gradNorms(random, rows),
      ...lengths(random, rows, algorithm),
      ...machine(random, rows),
      step_time: series(rows, () => 30 * Math.exp(0.15 * random.normal())),
      clip_fraction: series(rows, () => 0.02 * Math.exp(0.5 * random.normal())),
    },
  }
  draft.series.total_loss = draft.series.policy_loss!
  if (algorithm !== 'dapo') draft.series.kl_ref = kls(random, rows, finalKl, from > 0)
  if (algorithm === 'ppo') {
    draft.series.value_loss = series(
      rows,
      (share) => (0.1 + 0.9 * Math.exp(-8 * share)) * Math.exp(0.3 * random.normal()),
    )
    draft.series.grad_norm_critic = gradNorms(random, rows)
    draft.series.kl_policy = series(rows, () => 0.004 * Math.exp(0.6 * random.normal()))
  } else draft.series.frac_reward_zero_std = zeroGroups(random, rows, algorithm, solved)
  for (let row = 50; row < rows && random.chance(0.97); row += 50) {
    const score = draft.series.reward_mean![row]!
    draft.evaluations.set(row, { eval_reward: score, ...(random.chance(0.1) && { reward_mean: score }) })
  }
  return draft
}

const hyperparameters = (algorithm: RlOptions['algorithm']): JsonObject => ({
  learning_rate: 1e-6,
  lr_scheduler_type: 'cosine',
  warmup_steps: 10,
  weight_decay: 0,
  max_grad_norm: 1,
  prompts_per_step: 8,
  num_generations: 8,
  max_completion_length: 1024,
  max_prompt_length: 512,
  temperature: 1,
  beta: algorithm === 'dapo' ? 0 : 0.04,
  epsilon: 0.2,
  num_iterations: 1,
  loss_type: algorithm === 'dapo' ? 'dapo' : 'grpo',
  scale_rewards: 'group',
})

/** Scales 0..1, 0..3 and -10..1; a tenth of the runs hardly learns, some solve their task. */
function rewards(random: Random, rows: number, resumed: boolean, solved: boolean): Record<string, Series> {
  const [low, high] = random.pick([
    [0, 1],
    [0, 1],
    [0, 3],
    [-10, 1],
    [-6, -1],
  ] as const)
  const range = high - low
  const start = resumed ? random.between(0.3, 0.6) : random.between(0.02, 0.4)
  const gain = solved ? 0.97 - start : random.chance(0.1) ? random.between(0, 0.05) : random.between(0.15, 0.9 - start)
  const [middle, steepness] = [random.between(0.1, 0.5), random.between(5, 14)]
  const rise = (share: number) => 1 / (1 + Math.exp(-steepness * (share - middle)))
  const [first, last] = [rise(0), rise(1)]
  const noise = random.between(0.02, 0.07)
  const slow = wander(random, rows)
  const slowly = random.between(0.1, 0.6) * noise
  return {
    reward_mean: series(rows, (share, row) => {
      const level = start + (gain * (rise(share) - first)) / (last - first)
      const dip = random.chance(0.005) ? -random.between(0, 0.25) : 0
      const unsure = Math.min(1, 6 * (1 - level))
      return low + range * (level + unsure * (slowly * slow[row]! + noise * random.normal()) + dip)
    }),
    reward_std: series(rows, () => range * 0.2 * Math.exp(0.2 * random.normal())),
  }
}

/** The k3 estimate: rises, and a single token may lift one step a hundredfold. */
function kls(random: Random, rows: number, final: number, resumed: boolean): Series {
  const start = resumed ? 0.5 * final : 1e-4
  const power = random.between(0.5, 1)
  const spikes = random.pick([0, 0.002, 0.01])
  return series(rows, (share) => {
    const level = start + (final - start) * share ** power
    const spike = random.chance(spikes) ? Math.exp(random.between(Math.log(3), Math.log(300))) : 1
    return level * spike * Math.exp(0.25 * random.normal())
  })
}

/** Falls slowly; in one of six runs to a few percent. DAPO's clip-higher keeps it, or lets it rise. */
function entropies(random: Random, rows: number, algorithm: RlOptions['algorithm']): Series {
  const start = random.between(0.3, 1.3)
  const last =
    algorithm === 'dapo'
      ? random.between(0.8, 1.6)
      : random.chance(0.16)
        ? random.between(0.05, 0.15)
        : random.between(0.2, 0.7)
  const rate = random.between(1, 2)
  return series(rows, (share) => start * last ** (share ** (1 / rate)) * Math.exp(0.06 * random.normal()))
}

/** Heavy tails, a high start, and a slow drift by up to a hundred. */
function gradNorms(random: Random, rows: number): Series {
  const level = Math.exp(random.between(-3, 1))
  const spread = random.between(0.15, 0.5)
  const drift = random.chance(0.2) ? random.between(2, 4.6) : random.between(-1, 1)
  const spikes = random.pick([0.002, 0.01, 0.02])
  return series(rows, (share, row) => {
    const spike = random.chance(spikes) ? random.between(1, 4) : 0
    return level * Math.exp(drift * share + spread * random.normal() + spike + 1.5 * Math.exp(-row / 8))
  })
}

/** DAPO's responses grow up to five times while the reward rises; in one of eight runs most responses are cut off at first. */
function lengths(random: Random, rows: number, algorithm: RlOptions['algorithm']): Record<string, Series> {
  const start = random.between(100, 500)
  const factor = algorithm === 'dapo' ? random.between(1.5, 5) : random.between(0.6, 2)
  const early = random.chance(0.125) ? random.between(0.5, 0.8) : random.between(0.01, 0.2)
  const late = algorithm === 'dapo' ? random.between(0.05, 0.35) : random.between(0.005, 0.15)
  return {
    response_length_mean: series(rows, (share) => start * factor ** share * Math.exp(0.06 * random.normal())),
    response_clip_ratio: series(rows, (share, row) => {
      const level = late * share + early * (1 - share) * Math.exp(-row / 40) + 0.01
      return Math.min(1, Math.max(0, level + 0.3 * Math.sqrt(level * (1 - level)) * random.normal() * 0.3))
    }),
  }
}

function zeroGroups(random: Random, rows: number, algorithm: RlOptions['algorithm'], solved: boolean): Series {
  const start = random.between(0.1, 0.85)
  const last = algorithm === 'dapo' ? random.between(0.1, 0.4) : solved ? 1.2 : random.between(0.1, 0.85)
  return series(rows, (share) => {
    const level = start + (last - start) * share
    const drawn = Math.round(8 * Math.min(1, Math.max(0, level + 0.12 * random.normal())))
    return drawn / 8
  })
}

/** Speed with slow checkpoints, and a memory peak that only the longest batch so far raises. */
export function machine(random: Random, rows: number): Record<string, Series> {
  const speed = Math.exp(random.between(6, 10))
  const noise = random.between(0.03, 0.2)
  const checkpoint = random.pick([20, 50, 100])
  const base = random.between(8, 60)
  const tail = random.between(0.01, 0.05)
  let peak = 0
  return {
    tokens_per_second: series(
      rows,
      (_, row) => speed * Math.exp(noise * random.normal()) * (row % checkpoint === 0 ? 0.3 : 1),
    ),
    gpu_memory_allocated_gib: series(rows, () => {
      peak = Math.max(peak, base * (1 + Math.min(0.3, tail * Math.exp(0.8 * random.normal()))))
      return peak
    }),
  }
}
