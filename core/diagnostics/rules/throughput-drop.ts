import { changeKey, show, tell } from '../advice.ts'
import type { Detector } from '../detector.ts'
import { eachPoint } from '../each-point.ts'
import { follow, levelNumbers, smooth } from '../running-level.ts'

const memory = 100
const warmUp = 20
const leastDeviation = 0.03
// One step in five: a checkpoint or an evaluation between two steps is no drop.
const rate = 0.2

/** tokens_per_second is below a share of its own running level, steps in a row: medium, high below half of that share. */
export const throughputDrop: Detector = {
  rule: 'throughput_drop',
  metric: 'tokens_per_second',
  unit: 'tokens/s',
  numbers: levelNumbers + 2,
  patience: ({ throughput_drop: { run } }) => ({ low: run, medium: run, high: run, critical: run, clear: 5 }),
  start({ config }, own, episode) {
    const { fraction } = config.throughput_drop
    return eachPoint(episode, 'tokens_per_second', [], (value) => {
      const usual = Math.exp(own[1]!)
      const limit = fraction * usual
      // A speed of 0 is taken for a thousandth of the usual one, which has a logarithm.
      const log = Math.log(Math.max(value, usual / 1000, 1e-9))
      own[levelNumbers] = Math.min(own[levelNumbers]! + 1, 1e6)
      const now = Math.exp(smooth(own, levelNumbers + 1, log, own[levelNumbers]!, rate))
      const level = own[0]! < warmUp || !(now < limit) ? 0 : now < limit / 2 ? 3 : 2
      follow(own, 0, log, memory, leastDeviation)
      episode.judge(level, value, limit, usual)
    })
  },
  describe: ({ value, threshold, reference, step }, setting) => ({
    message: `tokens_per_second ${show(value)} is below ${show(threshold)}, ${show(100 * setting.config.throughput_drop.fraction)} % of its usual ${show(reference)}, for ${setting.config.throughput_drop.run} steps since step ${step}.`,
    cause:
      'The machine does less per second than it did: a throttled or shared GPU, a slow disk or network, a data loader that cannot keep up, or much longer or shorter sequences.',
    advice: [
      tell('Look at the temperature, clocks and neighbours of the GPU, and at the disk that holds the data.'),
      tell('If the sequences changed in length, this may be no fault: compare with response_length_mean.'),
      changeKey(
        'diagnostics.throughput_drop.fraction',
        Number((setting.config.throughput_drop.fraction / 2).toPrecision(2)),
        'if such swings are usual for this data',
      ),
    ],
  }),
}
