import { changeHyperparameter, changeKey, show } from '../advice.ts'
import type { Detector } from '../detector.ts'
import { eachPoint } from '../each-point.ts'
import { createRewardTrend, trendNumbers } from '../reward-trend.ts'
import { smooth } from '../running-level.ts'

const early = 20
const rate = 0.1
const nearlyAll = 0.9

/**
 * Most responses are cut off at the limit. A share that was high from the start gets five times as long to fall; one that pays in
 * reward is low.
 */
export const truncation: Detector = {
  rule: 'length_runaway',
  metric: 'response_clip_ratio',
  unit: 'share',
  numbers: 3 + trendNumbers,
  patience: ({ length_runaway: { run } }) => ({ low: run, medium: run, high: run, critical: run, clear: run }),
  start({ config, family }, own, episode) {
    if (family === 'supervised' || family === 'preference') return undefined
    const { clip_ratio: limit, run } = config.length_runaway
    const reward = createRewardTrend(own, 3)
    return eachPoint(episode, 'response_clip_ratio', ['reward_mean'], (value, beside) => {
      const count = own[0]! + 1
      own[0] = Math.min(count, 1e6)
      reward.see(beside[0]!)
      const level = smooth(own, 2, value, count, rate)
      if (count <= early) own[1] = level
      if (count <= early || level < limit) reward.mark()
      if (count <= early || !(level > limit)) return episode.judge(0, value, limit)
      const fromStart = own[1]! > 0.8 * limit
      if (fromStart && (count < 5 * run || level < own[1]! - 0.05)) return episode.judge(0, value, limit)
      const grown = level > nearlyAll && level > own[1]! + 0.2
      episode.judge(reward.improved() ? 1 : grown ? 3 : 2, value, limit, own[1]!)
    })
  },
  describe: ({ value, threshold, reference, step }, setting) => ({
    message: `${show(100 * value)} % of the responses are cut off (limit ${show(100 * threshold)} %, over ${setting.config.length_runaway.run} steps) since step ${step}; early in this attempt it was ${show(100 * reference)} %.`,
    cause:
      'Responses run into the length limit before they end. What is cut off is scored as wrong or not at all, so the reward says little about the answer.',
    advice: lengthAdvice(setting),
  }),
}

/** Responses are several times as long as early in the attempt. Alone it is what reasoning models do: low, medium when the reward falls with it. */
export const lengthGrowth: Detector = {
  rule: 'length_runaway',
  metric: 'response_length_mean',
  suffix: 'response_length_mean',
  unit: 'tokens',
  numbers: 3 + trendNumbers,
  patience: ({ length_runaway: { run } }) => ({ low: run, medium: run, high: run, critical: run, clear: run }),
  start({ config, family }, own, episode) {
    if (family === 'supervised' || family === 'preference') return undefined
    const { growth } = config.length_runaway
    const reward = createRewardTrend(own, 3)
    return eachPoint(episode, 'response_length_mean', ['reward_mean'], (value, beside) => {
      const count = own[0]! + 1
      own[0] = Math.min(count, 1e6)
      reward.see(beside[0]!)
      const level = smooth(own, 2, value, count, rate)
      if (count <= early) own[1] = level
      const limit = growth * own[1]!
      if (level < (1 + (growth - 1) / 2) * own[1]!) reward.mark()
      if (count <= early || !(level > limit && limit > 0)) return episode.judge(0, value, limit)
      episode.judge(reward.worsened() ? 2 : 1, value, limit, own[1]!)
    })
  },
  describe: ({ value, threshold, reference, step }, setting) => ({
    message: `response_length_mean ${show(value)} tokens is above ${show(threshold)}, ${show(setting.config.length_runaway.growth)} times its early ${show(reference)}, since step ${step}.`,
    cause:
      'Responses keep growing. While the reward rises with them the model may be learning to think longer; else length itself is what gets rewarded, or the policy rambles.',
    advice: lengthAdvice(setting),
  }),
}

function lengthAdvice(setting: Parameters<Detector['describe']>[1]) {
  const { growth } = setting.config.length_runaway
  return [
    ...changeHyperparameter(
      setting,
      'max_completion_length',
      (n) => Math.min(131_072, n * 2),
      'if good answers need the room',
    ),
    ...changeHyperparameter(
      setting,
      'temperature',
      (t) => Math.max(0.6, t * 0.8),
      'fewer responses that lose their thread',
    ),
    ...changeHyperparameter(
      setting,
      'beta',
      (beta) => (beta > 0 ? beta * 2 : 0.04),
      'holds on to the length of the reference',
    ),
    changeKey('diagnostics.length_runaway.growth', growth * 2, 'if longer answers are what the stage is for'),
  ]
}
