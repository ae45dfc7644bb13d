import { changeHyperparameter, show, tell } from '../advice.ts'
import type { Detector } from '../detector.ts'
import { eachPoint } from '../each-point.ts'
import { fallNumbers, fallOf, lostLevel } from '../fall.ts'

const window = 20
const share = 0.5

/** The loss gives back half of what it had gained, or rises above where it began by more than its noise, and stays there: high. */
export const lossRise: Detector = {
  rule: 'loss_plateau',
  metric: 'total_loss',
  suffix: 'rise',
  unit: '',
  numbers: fallNumbers,
  patience: () => ({ low: window, medium: window, high: window, critical: window, clear: window }),
  start({ family }, own, episode) {
    if (family !== 'supervised' && family !== 'preference') return undefined
    return eachPoint(episode, 'total_loss', [], (value) => {
      const risen = fallOf(own, -value, window)
      episode.judge(risen > share ? 3 : 0, value, -lostLevel(own, share), -own[3]!)
    })
  },
  describe: ({ value, threshold, reference, step }, setting) => ({
    message: `total_loss ${show(value)}: its mean over about ${window} steps is above ${show(threshold)} since step ${step}; its best was ${show(reference)}.`,
    cause: 'The training goes backwards: the steps are too large, or the data changed.',
    advice: [
      tell(`Go on from a checkpoint before step ${step}.`),
      ...changeHyperparameter(
        setting,
        'learning_rate',
        (lr) => lr / 5,
        'a loss that rises is nearly always a rate that is too high',
      ),
      ...changeHyperparameter(setting, 'warmup_steps', (steps) => Math.max(20, steps * 2), 'when it happens early'),
    ],
  }),
}
