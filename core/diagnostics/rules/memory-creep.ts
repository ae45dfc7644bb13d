import { changeHyperparameter, show, tell } from '../advice.ts'
import type { Detector } from '../detector.ts'
import { eachPoint } from '../each-point.ts'

const blocks = 4
const steadyShare = 0.8
const settling = 1

/**
 * Allocated memory grows block after block: the last four quarters of the window each rose by an eighth of the limit, and the whole is
 * above it. A peak that is only raised by the longest batch so far slows down and is none.
 */
export const memoryCreep: Detector = {
  rule: 'memory_creep',
  metric: 'gpu_memory_allocated_gib',
  unit: 'GiB',
  numbers: 6,
  patience: () => ({ low: 1, medium: 1, high: 1, critical: 1, clear: 2 }),
  start({ config }, own, episode) {
    const { growth, window } = config.memory_creep
    const length = Math.max(1, Math.ceil(window / blocks))
    // own: values in this block, their mean, mean of the block before, early mean, blocks that rose in a row, blocks since the early one.
    return eachPoint(episode, 'gpu_memory_allocated_gib', [], (value) => {
      own[0] = own[0]! + 1
      own[1] = own[1]! + (value - own[1]!) / own[0]!
      if (own[0]! < length) return
      const [, mean, before, early] = own as unknown as [number, number, number, number]
      const risen = mean - before
      // A peak that only the longest batch so far raises slows down: its rises fall behind their own mean.
      const steady = early === 0 || risen > (steadyShare * (mean - early)) / (own[5]! + 1)
      own[4] = before > 0 && risen > (before * growth) / 8 && steady ? own[4]! + 1 : 0
      if (early > 0) own[5] = own[5]! + 1
      // Caches warm up first, and the longest batch so far is beaten often.
      if (before > 0 && early === 0 && ++own[5]! > settling) {
        own[3] = mean
        own[5] = 0
      }
      own[0] = 0
      own[1] = 0
      own[2] = mean
      const limit = own[3]! * (1 + growth)
      const creeping = own[3]! > 0 && own[4]! >= blocks && mean > limit
      const level = !creeping ? 0 : mean > own[3]! * (1 + 3 * growth) ? 3 : 2
      episode.judge(level, mean, limit, own[3]!)
    })
  },
  describe: ({ value, threshold, reference, step }, setting) => ({
    message: `gpu_memory_allocated_gib ${show(value)} is above ${show(threshold)} and still rising at step ${step}; early in this attempt it was ${show(reference)}.`,
    cause:
      'Something keeps tensors alive from step to step, or sequences keep growing. It ends in an out-of-memory error.',
    advice: [
      ...changeHyperparameter(
        setting,
        'max_completion_length',
        (n) => Math.max(1, Math.floor(n / 2)),
        'bounds the longest sequence',
      ),
      ...changeHyperparameter(
        setting,
        'max_length',
        (n) => Math.max(8, Math.floor(n / 2)),
        'bounds the longest sequence',
      ),
      {
        key: `stages[${setting.stage}].save_steps`,
        value: 20,
        text: 'save_steps 20: little is lost when it runs out of memory, and a resumed process starts with none kept',
      },
      tell('Look for a metric or a loss that is kept with its graph.'),
    ],
  }),
}
