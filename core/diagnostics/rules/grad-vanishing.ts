import { changeHyperparameter, show, tell } from '../advice.ts'
import type { Detector } from '../detector.ts'
import { eachPoint } from '../each-point.ts'

const early = 50
const warmUp = 20

/**
 * The gradient norm is a tiny share of its own early level, or exactly zero. Never critical: some stacks log 0 for a norm they do not
 * compute, and in RL it is also what a solved task looks like.
 */
export const gradVanishing: Detector = {
  rule: 'grad_vanishing',
  metric: 'grad_norm_actor',
  unit: '',
  numbers: 2,
  patience: ({ grad_vanishing: { run } }) => ({ low: run, medium: run, high: 5 * run, critical: 5 * run, clear: run }),
  start({ config, family }, own, episode) {
    const { fraction } = config.grad_vanishing
    return eachPoint(episode, 'grad_norm_actor', [], (value) => {
      if (value === 0) return episode.judge(family === 'rl' ? 2 : 3, value, 0, 0, 1)
      if (own[0]! < early && value > 0) {
        own[0] = own[0]! + 1
        own[1] = own[1]! + (Math.log(value) - own[1]!) / own[0]!
      }
      const usual = Math.exp(own[1]!)
      const vanished = own[0]! >= warmUp && value < fraction * usual
      episode.judge(vanished ? 2 : 0, value, fraction * usual, usual)
    })
  },
  describe: ({ value, threshold, reference, variant, step }, setting) => {
    const { run } = setting.config.grad_vanishing
    return {
      message:
        variant === 1
          ? `grad_norm_actor is exactly 0 for ${run} steps since step ${step}.`
          : `grad_norm_actor ${show(value)} is below ${show(threshold)}, ${show(value / reference)} of its early level ${show(reference)}, for ${run} steps since step ${step}.`,
      cause:
        'No signal reaches the weights: every group has one and the same reward, the loss is masked out (no completion tokens left after cutting), or the adapter is frozen. Or the training data is learned by heart.',
      advice: [
        ...changeHyperparameter(
          setting,
          'max_length',
          (length) => Math.min(131_072, length * 2),
          'if completions are cut away',
        ),
        ...changeHyperparameter(
          setting,
          'num_generations',
          (n) => Math.min(256, n * 2),
          'more groups that differ in reward',
        ),
        tell('Check that the adapter has trainable weights, and that the trainer logs the norm it computes.'),
      ],
    }
  },
}
