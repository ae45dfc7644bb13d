import { changeHyperparameter, changeKey, show } from '../advice.ts'
import type { Detector, Setting } from '../detector.ts'
import { eachPoint } from '../each-point.ts'

/** kl_ref above a multiple of the target for consecutive steps: the factor medium, twice it high, four times it, twice as long, critical. */
export const klDrift: Detector = {
  rule: 'kl_drift',
  metric: 'kl_ref',
  unit: 'nats',
  numbers: 0,
  patience: ({ kl_drift: { run } }) => ({
    low: run,
    medium: run,
    high: run,
    critical: 2 * run,
    clear: Math.max(10, run),
  }),
  start(setting, _, episode) {
    const target = targetOf(setting)
    if (target === undefined) return undefined
    const limit = target * setting.config.kl_drift.factor
    return eachPoint(episode, 'kl_ref', [], (value) => {
      const level = value > 4 * limit ? 4 : value > 2 * limit ? 3 : value > limit ? 2 : 0
      episode.judge(level, value, limit, target)
    })
  },
  describe: ({ value, threshold, reference, step }, setting) => ({
    message: `kl_ref ${show(value)} nats is ${show(value / reference)} times its target of ${show(reference)} (limit ${show(threshold)}), ${setting.config.kl_drift.run} steps in a row since step ${step}.`,
    cause:
      'The policy leaves the reference model faster than the recipe allows. It may still be learning: compare reward and a few responses with those of before.',
    advice: [
      ...changeHyperparameter(setting, 'beta', (beta) => (beta > 0 ? beta * 2 : 0.04), 'pulls the policy back'),
      ...changeHyperparameter(setting, 'learning_rate', (lr) => lr / 2, 'slows the drift'),
      changeKey(
        setting.config.kl_drift.target_kl === undefined ? 'guards.target_kl' : 'diagnostics.kl_drift.target_kl',
        Number((reference * 2).toPrecision(2)),
        'only if the responses are good at this distance',
      ),
    ],
  }),
}

const targetOf = ({ config, head }: Setting) => config.kl_drift.target_kl ?? head.target_kl
