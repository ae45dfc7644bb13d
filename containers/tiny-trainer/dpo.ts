import { numpy as np } from '@jax-js/jax'
import type { DpoHyperparameters } from '../../schemas/hyperparameters.ts'
import { chunk, createOrder, microRows, paddedLength, tokenArray } from './batches.ts'
import type { Example, PairExample } from './examples.ts'
import { type DpoBatch, dpoLoss } from './losses.ts'
import type { Objective, ObjectiveContext } from './objective.ts'
import { accumulate, compileGradient, compileScorer } from './policy.ts'

/** Direct preference optimisation against the policy that the stage started from. */
export function createDpo(
  { policy, tokenizer, seed, reference }: ObjectiveContext,
  pairs: readonly PairExample[],
  { batch_size, beta, label_smoothing }: DpoHyperparameters,
): Objective {
  const length = paddedLength(
    Math.max(...pairs.flatMap(({ chosen, rejected }) => [chosen.ids.length, rejected.ids.length])),
  )
  const half = Math.min(batch_size, microRows / 2)
  const order = createOrder(seed, pairs.length)
  const score = compileScorer(policy)
  const gradient = compileGradient<DpoBatch>(policy, 1, (scores, batch) =>
    dpoLoss(scores, batch, beta, label_smoothing),
  )

  return {
    step(step, slots) {
      const picked = order(step - 1, batch_size).map((row) => pairs[row]!)
      const totals = { chosen: 0, rejected: 0, wins: 0 }
      let gradients: Float32Array[] | undefined
      let loss = 0
      for (const part of chunk(picked, half)) {
        const examples: (Example | undefined)[] = new Array(2 * half).fill(undefined)
        for (const [i, { chosen, rejected }] of part.entries()) {
          examples[i] = chosen
          examples[half + i] = rejected
        }
        const mask = replyMask(examples, length)
        const tokens = tokenArray(
          examples.map((example) => example?.ids ?? []),
          2 * half,
          length,
          tokenizer.special.pad,
        )
        const before = rowSums(score(reference, tokens.ref), mask, 2 * half)
        const graded = gradient(slots, {
          tokens,
          mask: np.array(mask.slice(), { shape: [2 * half, length - 1] }),
          reference: np.array(before.slice(), { shape: [2 * half] }),
          weights: np.array(
            Float32Array.from({ length: half }, (_, i) => (i < part.length ? 1 / batch_size : 0)),
            { shape: [half] },
          ),
        })
        gradients = accumulate(gradients, graded.gradients)
        loss += graded.loss
        const after = rowSums(graded.logp, mask, 2 * half)
        for (const i of part.keys()) {
          const chosen = beta * (after[i]! - before[i]!)
          const rejected = beta * (after[half + i]! - before[half + i]!)
          totals.chosen += chosen / batch_size
          totals.rejected += rejected / batch_size
          totals.wins += chosen > rejected ? 1 : 0
        }
      }
      return {
        gradients: gradients!,
        metrics: {
          total_loss: loss,
          'rewards/chosen': totals.chosen,
          'rewards/rejected': totals.rejected,
          'rewards/margins': totals.chosen - totals.rejected,
          'rewards/accuracies': totals.wins / batch_size,
        },
        tokens: picked.reduce((sum, { chosen, rejected }) => sum + chosen.ids.length + rejected.ids.length, 0),
        epoch: (step * batch_size) / pairs.length,
      }
    },
    state: () => undefined,
    restore() {},
  }
}

function replyMask(examples: readonly (Example | undefined)[], length: number): Float32Array {
  const mask = new Float32Array(examples.length * (length - 1))
  for (const [row, example] of examples.entries()) {
    if (example) mask.fill(1, row * (length - 1) + example.from - 1, row * (length - 1) + example.ids.length - 1)
  }
  return mask
}

function rowSums(values: Float32Array, mask: Float32Array, rows: number): Float32Array {
  const width = values.length / rows
  const sums = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    let sum = 0
    for (let i = row * width; i < (row + 1) * width; i++) sum += values[i]! * mask[i]!
    sums[row] = sum
  }
  return sums
}
