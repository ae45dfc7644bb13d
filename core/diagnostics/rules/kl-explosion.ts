import { changeHyperparameter, changeKey, show } from '../advice.ts'
import type { Detector } from '../detector.ts'
import { eachPoint } from '../each-point.ts'

/** The reference looks at the last ten steps. */
const window = 10
const all = (1 << window) - 1
const needed = { medium: 4, high: 4, critical: 5, extreme: 4 }
const extreme = 10

/**
 * kl_ref above a fixed number of nats. One token can lift the k3 estimate of a whole step, so four of the last ten steps must be
 * above, and five above twice the threshold (or four above ten times) for critical.
 */
export const klExplosion: Detector = {
  rule: 'kl_explosion',
  metric: 'kl_ref',
  unit: 'nats',
  numbers: 4,
  // A first value above begins what may become a finding: low is never told.
  patience: () => ({ low: Number.POSITIVE_INFINITY, medium: 1, high: 1, critical: 1, clear: 1 }),
  start({ config, family }, own, episode) {
    // The KL of KTO is one of whole sequences against shuffled pairs.
    if (family === 'preference' || family === 'supervised') return undefined
    const { threshold } = config.kl_explosion
    const limits = [threshold, 1.5 * threshold, 2 * threshold, extreme * threshold]
    return eachPoint(episode, 'kl_ref', [], (value) => {
      for (let i = 0; i < limits.length; i++) own[i] = ((own[i]! << 1) & all) | (value > limits[i]! ? 1 : 0)
      const critical = ones(own[2]!) >= needed.critical || ones(own[3]!) >= needed.extreme
      const level = critical
        ? 4
        : ones(own[1]!) >= needed.high
          ? 3
          : ones(own[0]!) >= needed.medium
            ? 2
            : own[0]! > 0
              ? 1
              : 0
      episode.judge(level, value, threshold * (level === 4 ? 2 : level === 3 ? 1.5 : 1))
    })
  },
  describe: ({ value, threshold, step }, setting) => ({
    message: `kl_ref ${show(value)} nats is above ${show(threshold)} nats around step ${step}, in at least 4 of 10 steps.`,
    cause:
      'The policy has moved far away from the reference model: it is being pulled to wherever the reward is, also where its language breaks. Rewards of such a policy are rarely real.',
    advice: [
      ...changeHyperparameter(
        setting,
        'beta',
        (beta) => (beta > 0 ? beta * 2 : 0.04),
        'holds the policy nearer to the reference',
      ),
      ...changeHyperparameter(setting, 'learning_rate', (lr) => lr / 2, 'slows the drift'),
      changeKey(
        'diagnostics.kl_explosion.threshold',
        aboveSeen(value, setting.config.kl_explosion.threshold),
        'only if the responses still read well and this trainer sums KL over tokens in place of averaging it',
      ),
    ],
  }),
}

function ones(bits: number): number {
  let count = 0
  for (let rest = bits; rest > 0; rest &= rest - 1) count++
  return count
}

/** A threshold under which what was seen is nothing, in two digits. */
function aboveSeen(value: number, threshold: number): number {
  const wanted = Math.max(2 * threshold, Number.isFinite(value) ? 1.1 * value : 0)
  const digit = 10 ** (Math.floor(Math.log10(wanted)) - 1)
  return Number((Math.ceil(wanted / digit) * digit).toPrecision(2))
}
