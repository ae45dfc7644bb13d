import type { JsonObject } from '../../core/platform/ports.ts'
import { machine } from './healthy-rl.ts'
import type { Random } from './random.ts'
import { type Draft, series, wander } from './run.ts'

/** A power law to a floor, noise of batches, a drop at each epoch, evaluation lines, and a long flat end. */
export function healthySft(random: Random): Draft {
  const draft = supervised(random, 'sft')
  const rows = draft.steps.length
  const [floor, gain] = [random.between(0.2, 1.6), random.between(0.4, 2.5)]
  const [power, scale] = [random.between(0.4, 1.2), random.between(3, 40)]
  const noise = random.between(0.02, 0.12)
  const [epochs, drop] = [random.pick([1, 1, 2, 3]), random.between(0.02, 0.2)]
  const slow = wander(random, rows, 0.9)
  draft.series.total_loss = series(rows, (share, row) => {
    const level = floor + gain * (1 + row / scale) ** -power
    const learnedByHeart = (1 - drop) ** Math.floor(Math.min(0.999, share) * epochs)
    return level * learnedByHeart * Math.exp(noise * random.normal() + 0.3 * noise * slow[row]!)
  })
  for (let row = 40; row < rows; row += 40) {
    draft.evaluations.set(row, { eval_loss: draft.series.total_loss[row]! * 1.05, eval_runtime: 12 })
  }
  return draft
}

/** From ln 2 down; the reward of the chosen answers falls, as it does, while the margin grows. */
export function healthyDpo(random: Random): Draft {
  const draft = supervised(random, 'dpo')
  const rows = draft.steps.length
  const gain = random.between(0.08, 0.45)
  const speed = random.between(2, 10)
  const noise = random.between(0.02, 0.08)
  const progress = (share: number) => (1 - Math.exp(-speed * share)) / (1 - Math.exp(-speed))
  draft.series.total_loss = series(rows, (share) => {
    const learned = progress(share)
    return Math.LN2 - gain * learned + (0.003 + noise * Math.sqrt(learned)) * random.normal()
  })
  const chosen = random.between(-3, 0.5)
  draft.series.reward_mean = series(rows, (share) => chosen * progress(share) + 0.1 * random.normal() * share)
  draft.series.accuracy = series(rows, (share) => Math.min(1, 0.5 + 0.3 * progress(share) + 0.1 * random.normal()))
  return draft
}

function supervised(random: Random, algorithm: 'sft' | 'dpo'): Draft {
  const every = random.pick([1, 1, 1, 5, 10])
  const rows = Math.floor(random.between(120, 1200))
  const warmUp = random.pick([0, 0.03, 0.1]) * rows
  const [norm, spread] = [Math.exp(random.between(-1, 2)), random.between(0.1, 0.35)]
  const hyperparameters: JsonObject = {
    learning_rate: 2e-5,
    lr_scheduler_type: 'cosine',
    warmup_steps: Math.round(warmUp * every),
    weight_decay: 0,
    max_grad_norm: 1,
    batch_size: 16,
    max_length: 2048,
    ...(algorithm === 'dpo' && { beta: 0.1, label_smoothing: 0 }),
  }
  const rates = series(
    rows,
    (share, row) => (row < warmUp ? (row + 1) / warmUp : 0.5 * (1 + Math.cos(Math.PI * share))) * 2e-5,
  )
  return {
    head: { algorithm, planned_steps: rows * every, resumed_from_step: 0, hyperparameters },
    steps: Array.from({ length: rows }, (_, row) => (row + 1) * every),
    evaluations: new Map(),
    series: {
      ...(random.chance(0.8) && { learning_rate: rates }),
      grad_norm_actor: series(rows, (share, row) => {
        const spike = random.chance(0.01) ? random.between(0.5, 3) : 0
        return norm * Math.exp(-share + 2 * Math.exp(-row / 10) + spread * random.normal() + spike)
      }),
      ...machine(random, rows),
      epoch: series(rows, (share) => 3 * share),
    },
  }
}
