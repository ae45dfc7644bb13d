import { changeHyperparameter, changeKey, show, tell } from '../advice.ts'
import type { Detector } from '../detector.ts'
import { eachPoint } from '../each-point.ts'
import { fallNumbers, fallOf, lostLevel } from '../fall.ts'

const critical = 0.7
const truncated = 0.5

/**
 * The smoothed reward has lost a share of what it had gained, whatever its sign and scale; or every response of a step has the same
 * reward while most are cut off: high, and critical when that lasts twice the window.
 */
export const rewardCollapse: Detector = {
  rule: 'reward_collapse',
  metric: 'reward_mean',
  unit: 'reward',
  numbers: fallNumbers + 1,
  patience: ({ reward_collapse: { window } }) => ({
    low: window,
    medium: window,
    high: window,
    critical: window,
    clear: window,
  }),
  start({ config, family }, own, episode) {
    // There reward_mean is that of the chosen answers, which falls while the margin grows.
    if (family === 'preference' || family === 'supervised') return undefined
    const { drop, window } = config.reward_collapse
    const worst = Math.max(critical, drop)
    const most = family === 'unknown' ? 3 : 4
    return eachPoint(episode, 'reward_mean', ['reward_std', 'response_clip_ratio'], (value, beside) => {
      const fallen = fallOf(own, value, window)
      if (fallen > drop) {
        const level = fallen > worst ? most : 3
        return episode.judge(level, value, lostLevel(own, drop), own[3]!, 0)
      }
      const alike = beside[0] === 0 && beside[1]! > truncated
      own[fallNumbers] = alike ? own[fallNumbers]! + 1 : 0
      // Without any spread no group has a gradient: after so long it will not come back by itself.
      if (alike) return episode.judge(own[fallNumbers]! > window ? most : 3, value, truncated, beside[1]!, 1)
      episode.judge(0, value, 0)
    })
  },
  describe: ({ value, threshold, reference, variant, step }, setting) => {
    const { drop, window } = setting.config.reward_collapse
    const common = [
      ...changeHyperparameter(setting, 'learning_rate', (lr) => lr / 2, 'the policy was pushed over an edge'),
      ...changeHyperparameter(
        setting,
        'beta',
        (beta) => (beta > 0 ? beta * 2 : 0.04),
        'holds on to what the reference can do',
      ),
    ]
    if (variant === 1)
      return {
        message: `reward_std is 0 and ${show(100 * reference)} % of the responses are cut off, for ${window} steps since step ${step}; reward_mean ${show(value)}.`,
        cause:
          'The policy rambles until it is cut off, every response gets the same reward, and no group says what would be better.',
        advice: [
          ...changeHyperparameter(
            setting,
            'max_completion_length',
            (length) => length * 2,
            'if good answers need the room',
          ),
          ...changeHyperparameter(
            setting,
            'temperature',
            (t) => Math.max(0.6, t * 0.8),
            'fewer responses that lose their thread',
          ),
          ...common,
        ],
      }
    return {
      message: `reward_mean ${show(value)}: its mean over about ${window} steps is below ${show(threshold)}, more than ${show(100 * drop)} % of the way down from its best, ${show(reference)}, since step ${step}.`,
      cause:
        'The policy had learned something and lost it. Usually the updates were too large or it left the region where the reward means something; seldom the data changed.',
      advice: [
        tell(`Go on from a checkpoint before step ${step}.`),
        ...common,
        changeKey(
          'diagnostics.reward_collapse.drop',
          Math.min(1, Number((drop + 0.2).toPrecision(2))),
          'only if the data gets harder on purpose',
        ),
      ],
    }
  },
}
