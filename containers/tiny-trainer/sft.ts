import { numpy as np } from '@jax-js/jax'
import type { SftHyperparameters } from '../../schemas/hyperparameters.ts'
import { chunk, createOrder, microRows, paddedLength, tokenArray } from './batches.ts'
import type { Example } from './examples.ts'
import { type SftBatch, sftLoss } from './losses.ts'
import type { Objective, ObjectiveContext } from './objective.ts'
import { accumulate, compileGradient } from './policy.ts'

/** Supervised fine-tuning: mean cross-entropy over the batch's reply tokens, or over all tokens. */
export function createSft(
  { policy, tokenizer, seed }: ObjectiveContext,
  examples: readonly Example[],
  { batch_size, completion_only_loss }: SftHyperparameters,
): Objective {
  const length = paddedLength(Math.max(...examples.map(({ ids }) => ids.length)))
  const rows = Math.min(batch_size, microRows)
  const order = createOrder(seed, examples.length)
  const gradient = compileGradient<SftBatch>(policy, 1, sftLoss)
  const firstTarget = ({ from }: Example) => (completion_only_loss ? from : 1)

  return {
    step(step, slots) {
      const picked = order(step - 1, batch_size).map((row) => examples[row]!)
      const targets = picked.reduce((sum, example) => sum + example.ids.length - firstTarget(example), 0)
      let gradients: Float32Array[] | undefined
      let loss = 0
      let correct = 0
      for (const part of chunk(picked, rows)) {
        const weights = new Float32Array(rows * (length - 1))
        for (const [row, example] of part.entries()) {
          weights.fill(
            1 / targets,
            row * (length - 1) + firstTarget(example) - 1,
            row * (length - 1) + example.ids.length - 1,
          )
        }
        const graded = gradient(slots, {
          tokens: tokenArray(
            part.map(({ ids }) => ids),
            rows,
            length,
            tokenizer.special.pad,
          ),
          weights: np.array(weights.slice(), { shape: [rows, length - 1] }),
        })
        gradients = accumulate(gradients, graded.gradients)
        loss += graded.loss
        for (const [i, weight] of weights.entries()) if (weight > 0) correct += graded.correct[i]!
      }
      return {
        gradients: gradients!,
        metrics: { total_loss: loss, mean_token_accuracy: correct / targets },
        tokens: picked.reduce((sum, { ids }) => sum + ids.length, 0),
        epoch: (step * batch_size) / examples.length,
      }
    },
    state: () => undefined,
    restore() {},
  }
}
