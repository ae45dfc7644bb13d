import { numpy as np } from '@jax-js/jax'
import type { GrpoHyperparameters } from '../../schemas/hyperparameters.ts'
import { chunk, createOrder, microRows, paddedLength, tokenArray } from './batches.ts'
import type { PromptExample } from './examples.ts'
import { type GrpoBatch, grpoLoss } from './losses.ts'
import type { Objective, ObjectiveContext } from './objective.ts'
import { accumulate, compileGradient, compileScorer } from './policy.ts'
import { ratioStatistics } from './ratio-statistics.ts'
import type { RewardFunction } from './rewards.ts'
import { createSampler, type Sequence } from './rollout.ts'
import { packRollout, type StoredRollout, unpackRollout } from './rollout-state.ts'

/** Group-relative policy optimisation; every batch of completions serves `num_iterations` optimizer steps. */
export function createGrpo(
  context: ObjectiveContext,
  prompts: readonly PromptExample[],
  hyper: GrpoHyperparameters,
  reward: RewardFunction,
): Objective {
  const { policy, tokenizer, seed } = context
  const { num_iterations, prompts_per_step, num_generations, beta } = hyper
  const longest = Math.max(...prompts.map(({ ids }) => ids.length))
  const length = paddedLength(longest + hyper.max_completion_length)
  const width = length - 1
  const total = prompts_per_step * num_generations
  const rows = Math.min(total, microRows)
  const clip = { low: hyper.epsilon, high: hyper.epsilon_high ?? hyper.epsilon }
  const order = createOrder(seed, prompts.length)
  const sample = createSampler(context, width, reward, hyper)
  const score = compileScorer(policy, hyper.temperature)
  const gradient = compileGradient<GrpoBatch>(policy, hyper.temperature, (scores, batch) =>
    grpoLoss(scores, batch, { beta, ...clip }),
  )
  let current: StoredRollout | undefined

  return {
    step(step, slots) {
      const batch = Math.floor((step - 1) / num_iterations)
      const fresh = (step - 1) % num_iterations === 0
      if (fresh) {
        const picked = order(batch, prompts_per_step).map((row) => prompts[row]!)
        const rollout = sample(batch, picked, slots)
        current = { ...rollout, old: new Float32Array(total * width), reference: referenceOf(rollout.sequences) }
      }
      if (!current) throw new Error(`step ${step} goes on with completions that were not restored`)
      const { sequences, old, reference, metrics } = current
      const mask = replyMask(sequences, width)
      const weights = tokenWeights(sequences, mask, width, hyper.loss_type)
      const logp = new Float32Array(total * width)
      const entropy = new Float32Array(total * width)
      let gradients: Float32Array[] | undefined
      let loss = 0
      for (const [k, part] of chunk(sequences, rows).entries()) {
        const at = k * rows * width
        const block = (values: Float32Array) =>
          np.array(padded(values.subarray(at, at + rows * width), rows * width), { shape: [rows, width] })
        const advantages = part.map(({ advantage }) => advantage)
        const graded = gradient(slots, {
          tokens: tokensOf(part),
          mask: block(mask),
          weights: block(weights),
          advantages: np.array(padded(Float32Array.from(advantages), rows), { shape: [rows, 1] }),
          old: block(old),
          reference: block(reference),
          fresh: np.array(Float32Array.of(fresh ? 1 : 0), { shape: [1] }),
        })
        gradients = accumulate(gradients, graded.gradients)
        loss += graded.loss
        logp.set(graded.logp.subarray(0, part.length * width), at)
        entropy.set(graded.entropy.subarray(0, part.length * width), at)
      }
      if (fresh) current.old = logp
      const advantages = sequences.map(({ advantage }) => advantage)
      const ratios = ratioStatistics({
        logp,
        old: current.old,
        reference,
        mask,
        weights,
        entropy,
        advantages,
        width,
        clip,
        beta,
      })
      return {
        gradients: gradients!,
        metrics: { total_loss: loss, ...ratios, ...metrics },
        tokens: sequences.reduce((sum, { ids }) => sum + ids.length, 0),
        epoch: ((batch + 1) * prompts_per_step) / prompts.length,
      }
    },
    state: (step) => (current && step % num_iterations !== 0 ? packRollout(current, length) : undefined),
    restore(state) {
      current = unpackRollout(state)
    },
  }

  function tokensOf(sequences: readonly Sequence[]): np.Array {
    return tokenArray(
      sequences.map(({ ids }) => ids),
      rows,
      length,
      tokenizer.special.pad,
    )
  }

  function referenceOf(sequences: readonly Sequence[]): Float32Array {
    const all = new Float32Array(total * width)
    if (beta === 0) return all
    for (const [k, part] of chunk(sequences, rows).entries()) {
      all.set(score(context.reference, tokensOf(part)).subarray(0, part.length * width), k * rows * width)
    }
    return all
  }
}

/** 1 for every sampled token, [sequences, width] with target token t + 1 at t. */
export function replyMask(sequences: readonly Sequence[], width: number): Float32Array {
  const mask = new Float32Array(sequences.length * width)
  for (const [row, { ids, from }] of sequences.entries())
    mask.fill(1, row * width + from - 1, row * width + ids.length - 1)
  return mask
}

/** grpo: the mean over each sequence's tokens, then over sequences; dapo: the mean over all tokens of the batch. */
export function tokenWeights(
  sequences: readonly Sequence[],
  mask: Float32Array,
  width: number,
  lossType: 'grpo' | 'dapo',
): Float32Array {
  const tokens = mask.reduce((a, b) => a + b, 0)
  return mask.map((m, i) => {
    const { ids, from } = sequences[Math.floor(i / width)]!
    return m / (lossType === 'dapo' ? tokens : (ids.length - from) * sequences.length)
  })
}

function padded(values: Float32Array, size: number): Float32Array<ArrayBuffer> {
  const full = new Float32Array(size)
  full.set(values)
  return full
}
