import { changeHyperparameter, show, tell } from '../advice.ts'
import type { Detector } from '../detector.ts'
import { eachPoint } from '../each-point.ts'
import { follow, levelNumbers } from '../running-level.ts'

const memory = 50
const warmUp = 20
// In log units: a norm that hardly varies is not judged by its last digits.
const leastDeviation = 0.1
const meanToStandard = 1.2533

/**
 * The gradient norm is many robust deviations and a factor above its own running level, steps in a row. The level follows a slow
 * drift, which is no finding: the norm of a healthy run may grow a hundredfold while its reward rises.
 */
const gradExplosionOf = (metric: 'grad_norm_actor' | 'grad_norm_critic', suffix?: string): Detector => ({
  rule: 'grad_explosion',
  metric,
  ...(suffix !== undefined && { suffix }),
  unit: '',
  numbers: levelNumbers,
  patience: ({ grad_explosion: { run } }) => ({ low: run, medium: run, high: run, critical: 5 * run, clear: 10 }),
  start({ config }, own, episode) {
    const { z, factor } = config.grad_explosion
    return eachPoint(episode, metric, [], (value) => {
      if (!(value > 0)) return episode.judge(0, value, 0)
      const log = Math.log(value)
      const usual = own[1]!
      const deviations = (log - usual) / (meanToStandard * Math.max(own[2]!, leastDeviation))
      const ratio = Math.exp(log - usual)
      const exploding = own[0]! >= warmUp && deviations > z && ratio > factor
      follow(own, 0, log, memory, leastDeviation)
      const level = !exploding ? 0 : ratio > 10 * factor ? 4 : 2
      episode.judge(level, value, Math.exp(usual) * factor, Math.exp(usual))
    })
  },
  describe: ({ value, threshold, reference, step }, setting) => ({
    message: `${metric} ${show(value)} is ${show(value / reference)} times its usual ${show(reference)} (limit ${show(threshold)}), ${setting.config.grad_explosion.run} steps in a row since step ${step}.`,
    cause:
      'The loss surface under the model has become steep: often the last steps before NaN or a collapse. Clipping bounds the size of each step, not its direction.',
    advice: [
      ...changeHyperparameter(setting, 'learning_rate', (lr) => lr / 2, 'the usual cause is a step that is too large'),
      ...changeHyperparameter(
        setting,
        'max_grad_norm',
        (norm) => Math.min(norm, Math.max(0.1, norm / 2)),
        'clips the outliers harder',
      ),
      ...changeHyperparameter(setting, 'warmup_steps', (steps) => Math.max(20, steps * 2), 'when it happens early'),
      tell('Watch reward and loss: if both go on as before, it may pass.'),
    ],
  }),
})

export const gradExplosion = gradExplosionOf('grad_norm_actor')
export const criticExplosion = gradExplosionOf('grad_norm_critic', 'grad_norm_critic')
