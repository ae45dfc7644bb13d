import { canonicalMetrics } from '../../../schemas/canonical-metrics.ts'
import type { Columns } from '../../metrics/columns.ts'
import { has } from '../../metrics/columns.ts'
import { changeHyperparameter, changeKey, tell } from '../advice.ts'
import type { Detector, Observe } from '../detector.ts'
import type { Episode } from '../episode.ts'
import { keepName, keptName, nameNumbers } from '../kept-name.ts'

const vital = [
  'total_loss',
  'policy_loss',
  'value_loss',
  'grad_norm_actor',
  'grad_norm_critic',
  'reward_mean',
  'kl_ref',
  'kl_policy',
]
const canonical = Object.keys(canonicalMetrics)

/** A loss, a gradient norm, the reward or a KL is NaN or infinite: critical at the first. One episode for all of them. */
export const nonFinite: Detector = {
  rule: 'non_finite',
  metric: null,
  unit: '',
  numbers: 1,
  patience: () => ({ low: 1, medium: 1, high: 1, critical: 1, clear: 20 }),
  start: (_, own, episode) => {
    const order = vital.map((_, i) => i)
    return scan(
      episode,
      (name) => vital.indexOf(name) >= 0,
      (names) => {
        const bad = order.filter((i) => names.includes(vital[i]!))
        if (!episode.isOpen()) own[0] = bad.reduce((mask, i) => mask | (1 << i), 0)
        return { level: 4, variant: bad[0]! }
      },
    )
  },
  describe: ({ value, step, variant }, setting, own) => {
    const metric = vital[variant]!
    const also = vital.filter((_, i) => i !== variant && (own[0]! >> i) & 1)
    const more = also.length > 0 ? `, and so ${also.length > 1 ? 'are' : 'is'} ${also.join(', ')}` : ''
    return {
      metric,
      message: `${metric} is ${value} at step ${step}${more}.`,
      cause:
        step <= setting.head.resumed_from_step + 1
          ? 'It was so from the first logged step: the data, the base model or the precision, not the training.'
          : 'The weights are most likely broken from this step on: an update was too large, or a batch holds something the model cannot take (an empty completion, an overflow in low precision). Training on does not bring them back.',
      advice: [
        ...changeHyperparameter(setting, 'learning_rate', (lr) => lr / 2, 'smaller steps leave room for a bad batch'),
        ...changeHyperparameter(
          setting,
          'max_grad_norm',
          (norm) => Math.min(norm, Math.max(norm / 2, 0.1)),
          'a single batch then moves the weights less',
        ),
        tell('Look at the rows of the batches just before: empty answers, extreme lengths, unusual characters.'),
      ],
    }
  },
}

/** Any other metric is NaN or infinite: medium where its meaning is known, else low. Not told while the training itself is broken. */
export const otherNonFinite: Detector = {
  rule: 'non_finite',
  metric: null,
  suffix: 'other',
  unit: '',
  numbers: nameNumbers,
  patience: () => ({ low: 1, medium: 1, high: 1, critical: 1, clear: 20 }),
  start: (_, own, episode) =>
    scan(
      episode,
      (name) => vital.indexOf(name) < 0,
      (names) => {
        const known = names.filter((name) => canonical.includes(name)).sort()
        const name = known[0] ?? [...names].sort()[0]!
        if (!episode.isOpen() || known.length > 0) keepName(own, 0, name)
        return { level: known.length > 0 ? 2 : 1, variant: 0 }
      },
    ),
  describe: ({ value, step }, _, own) => {
    const metric = keptName(own, 0)
    return {
      metric,
      message: `${metric} is ${value} at step ${step}.`,
      cause:
        'A statistic over too few values (the spread of a group of one, the mean of nothing), or the first sign of numbers that overflow.',
      advice: [
        changeKey(
          'diagnostics.non_finite.enabled',
          false,
          'only if this metric is known to have gaps: no NaN is told then',
        ),
        tell('Watch the loss and the gradient norm: while they are finite the training goes on.'),
      ],
    }
  },
}

type Verdict = (names: readonly string[]) => { level: 1 | 2 | 4; variant: number }

/** Rows are looked at one by one only where something is not finite, or while an episode is open. */
function scan(episode: Episode, watches: (name: string) => boolean, verdict: Verdict): Observe {
  return (rows) => {
    const columns = rows.columns.filter(({ name }) => watches(name))
    if (!episode.isOpen() && !columns.some(hasNonFinite)) return
    for (let row = 0; row < rows.steps.length; row++) {
      const bad = columns.filter((column) => has(column, row) && !Number.isFinite(column.values[row]!))
      if (bad.length > 0) {
        episode.advance(rows.steps[row]!, rows.times[row]!)
        const names = bad.map(({ name }) => name)
        const { level, variant } = verdict(names)
        const metric = level === 4 ? vital[variant] : undefined
        const value = (bad.find(({ name }) => name === metric) ?? bad[0]!).values[row]!
        episode.judge(level, value, Number.NaN, 0, variant)
      } else if (episode.isOpen() && columns.some((column) => has(column, row))) {
        if (episode.advance(rows.steps[row]!, rows.times[row]!)) episode.judge(0, 0, Number.NaN)
      }
    }
  }
}

function hasNonFinite({ values, present }: Columns['columns'][number]): boolean {
  for (let row = 0; row < values.length; row++) {
    if ((present === undefined || present[row] === 1) && !Number.isFinite(values[row]!)) return true
  }
  return false
}
