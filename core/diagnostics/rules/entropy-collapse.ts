import { changeHyperparameter, show, tell } from '../advice.ts'
import type { Detector } from '../detector.ts'
import { eachPoint } from '../each-point.ts'
import { createRewardTrend, trendNumbers } from '../reward-trend.ts'
import { smooth } from '../running-level.ts'

const early = 30
const rate = 0.1
// Nats per token: below, there was nothing left to lose.
const leastEarly = 0.02
const slowRate = 0.01
// Of its mean over the last hundred steps: below the one the fall is fast, above the other it has not begun.
const [falling, steady] = [0.5, 0.7]

/**
 * The smoothed entropy is a small share of its own early level. High when it fell fast (to half of its mean over the last hundred steps) and
 * the reward gained nothing meanwhile; a slow fall, or one that pays, is what RL does: low.
 */
export const entropyCollapse: Detector = {
  rule: 'entropy_collapse',
  metric: 'entropy',
  unit: 'nats',
  numbers: 5 + trendNumbers,
  patience: ({ entropy_collapse: { run } }) => ({ low: run, medium: run, high: run, critical: run, clear: run }),
  start({ config, family }, own, episode) {
    if (family === 'supervised' || family === 'preference') return undefined
    const { fraction } = config.entropy_collapse
    const reward = createRewardTrend(own, 5)
    return eachPoint(episode, 'entropy', ['reward_mean'], (value, beside) => {
      const count = own[0]! + 1
      own[0] = Math.min(count, 1e6)
      reward.see(beside[0]!)
      if (count <= early) {
        smooth(own, 1, value, count, 0)
        own[2] = own[1]!
        own[3] = own[1]!
        reward.mark()
        return episode.judge(0, value, 0)
      }
      const level = smooth(own, 2, value, count, rate)
      const ratio = level / smooth(own, 3, level, count, slowRate)
      const collapsed = own[1]! >= leastEarly && level < fraction * own[1]!
      if (ratio < falling) own[4] = 1
      if (ratio >= steady && !collapsed) {
        own[4] = 0
        reward.mark()
      }
      if (!collapsed) return episode.judge(0, value, fraction * own[1]!)
      const doomed = own[4] === 1 && !reward.improved()
      episode.judge(doomed ? 3 : 1, value, fraction * own[1]!, own[1]!, doomed ? 1 : 0)
    })
  },
  describe: ({ value, threshold, reference, variant, step }, setting) => ({
    message: `entropy ${show(value)} nats is below ${show(threshold)}, for ${setting.config.entropy_collapse.run} steps since step ${step}; early in this attempt it was ${show(reference)}.`,
    cause:
      variant === 1
        ? 'The policy says the same thing again and again, and got no better by it: it has stopped exploring and will hardly find anything new.'
        : 'The policy has become sure of what it says, slowly or while its reward rose: usual for RL, but from here on it explores little.',
    advice: [
      ...changeHyperparameter(
        setting,
        'temperature',
        (t) => Math.min(1.5, Math.max(1, t * 1.2)),
        'more varied responses',
      ),
      ...clipHigher(setting),
      ...(variant === 1 ? changeHyperparameter(setting, 'learning_rate', (lr) => lr / 2, 'a slower hardening') : []),
      tell('Look for one phrase in most responses: a reward that pays for it is the usual reason.'),
    ],
  }),
}

/** DAPO's upper clip range, where it is not in use. */
function clipHigher(setting: Parameters<Detector['describe']>[1]) {
  const { algorithm, hyperparameters } = setting.head
  if (algorithm !== 'grpo' || hyperparameters?.epsilon_high !== undefined) return []
  const key = `stages[${setting.stage}].hyperparameters.epsilon_high`
  return [{ key, value: 0.28, text: 'epsilon_high 0.28: unlikely tokens may gain probability' }]
}
