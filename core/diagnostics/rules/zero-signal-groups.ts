import { changeHyperparameter, show, tell } from '../advice.ts'
import type { Detector, Setting } from '../detector.ts'
import { eachPoint } from '../each-point.ts'
import { smooth } from '../running-level.ts'

const solvedLevel = 0.9
// Ten windows in which not one group had a signal: nothing can have been learned.
const deadWindows = 10

/**
 * Nearly every group of responses has one and the same reward, so nothing says which was better. All right: solved, low. All wrong:
 * high, and critical after ten windows without any signal at all.
 */
export const zeroSignalGroups: Detector = {
  rule: 'zero_signal_groups',
  metric: 'frac_reward_zero_std',
  unit: 'share',
  numbers: 6,
  patience: ({ zero_signal_groups: { window } }) => ({
    low: 5,
    medium: 5,
    high: 5,
    critical: deadWindows * window,
    clear: window,
  }),
  start(setting, own, episode) {
    const { share, window } = setting.config.zero_signal_groups
    const best = bestReward(setting)
    return eachPoint(episode, 'frac_reward_zero_std', ['reward_mean'], (value, beside) => {
      const count = own[0]! + 1
      own[0] = Math.min(count, 1e6)
      const level = smooth(own, 1, value, count, 2 / (window + 1))
      const reward = beside[0]!
      if (Number.isFinite(reward)) {
        own[2] = Math.min(own[2]! + 1, 1e6)
        smooth(own, 3, reward, own[2]!, 2 / (window + 1))
        own[4] = own[2] === 1 ? own[3]! : Math.min(own[4]!, own[3]!)
        own[5] = own[2] === 1 ? own[3]! : Math.max(own[5]!, own[3]!)
      }
      if (count < window || !(level >= share)) return episode.judge(0, value, share)
      const solved = isSolved(own, best)
      episode.judge(solved ? 1 : value >= 1 ? 4 : 3, value, share, own[3]!, solved ? 1 : 0)
    })
  },
  describe: ({ value, threshold, reference, variant, step }, setting) => {
    const { window } = setting.config.zero_signal_groups
    const seen = `${show(100 * value)} % of the groups have one and the same reward (limit ${show(100 * threshold)} %, over ${window} steps) since step ${step}; mean reward ${show(reference)}`
    if (variant === 1)
      return {
        message: `${seen}: nearly all right.`,
        cause:
          'The prompts are solved. What is still paid for is noise; the remaining gradient comes from the KL term.',
        advice: [
          changeSteps(setting, step),
          tell('Give the stage harder prompts: keep those the model solves in 20 to 80 % of its tries.'),
        ],
      }
    return {
      message: `${seen}: nearly all wrong.`,
      cause:
        'The model never gets it right, or the scorer never finds the answer in its response: no group says what would be better, so nothing is learned while it runs.',
      advice: [
        tell('Read three responses and score them by hand: is the format what the scorer looks for?'),
        ...changeHyperparameter(
          setting,
          'num_generations',
          (n) => Math.min(256, n * 2),
          'more tries per prompt find the odd success',
        ),
        ...changeHyperparameter(
          setting,
          'temperature',
          (t) => Math.min(1.5, Math.max(1, t * 1.25)),
          'more varied tries',
        ),
        tell('Start from a model that was tuned on such answers, or mix in easier prompts.'),
      ],
    }
  },
}

const changeSteps = ({ stage }: Setting, step: number) => ({
  key: `stages[${stage}].steps`,
  value: Math.max(1, step),
  text: `steps -> ${Math.max(1, step)}: nothing is learned behind it`,
})

/** The reward of a response that is right in everything, where the recipe tells. */
function bestReward({ head }: Setting): number | undefined {
  const rewards = head.hyperparameters?.rewards
  if (!Array.isArray(rewards)) return undefined
  const weights = rewards.map((each) => Number((each as { weight?: unknown } | null)?.weight ?? 1))
  const best = weights.filter((weight) => weight > 0).reduce((sum, weight) => sum + weight, 0)
  return best > 0 ? best : undefined
}

function isSolved(own: Float32Array, best: number | undefined): boolean {
  const reward = own[3]!
  if (best !== undefined) return reward >= solvedLevel * best
  const [low, high] = [own[4]!, own[5]!]
  // A reward that never rose was not solved by learning.
  const rose = high - low > Math.max(0.02, 0.05 * Math.max(Math.abs(high), Math.abs(low)))
  return rose && (reward - low) / (high - low) > 0.5
}
