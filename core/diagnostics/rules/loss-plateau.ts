import { changeHyperparameter, show, tell } from '../advice.ts'
import type { Detector, Setting } from '../detector.ts'
import { eachPoint } from '../each-point.ts'
import type { Level } from '../episode.ts'

const firstValues = 20
const nothingLeft = 1e-3
const learnedShare = 0.05
const longFlat = 4
const longestBlock = 8
const decayed = 0.3

// What `own` holds: the first values; the block before; this block (each count, mean, sum of squares); steps judged; flat steps; peak rate.
const at = { first: 0, before: 3, block: 6, seen: 9, flat: 10, peak: 11 }

/**
 * The loss provably does not improve: the upper end of the confidence interval of its improvement from block to block is below the
 * limit. High or medium by patience for a run that never learned; a level less, and only while the learning rate is not decayed, for one
 * that has learned: that one may have converged. A loss too noisy to tell is no finding.
 */
export const lossPlateau: Detector = {
  rule: 'loss_plateau',
  metric: 'total_loss',
  unit: '',
  numbers: 12,
  patience: () => ({ low: 1, medium: 1, high: 1, critical: 1, clear: 1 }),
  start(setting, own, episode) {
    const { family, config } = setting
    if (family !== 'supervised' && family !== 'preference') return undefined
    const { patience, min_improvement: least } = config.loss_plateau
    const notBefore = warmUpEnd(setting)
    const resumed = setting.head.resumed_from_step > 0
    const severity: Level = patience >= 100 ? 3 : patience >= 50 ? 2 : 1
    return eachPoint(episode, 'total_loss', ['learning_rate'], (value, beside) => {
      const rate = beside[0]!
      const warming = rate > own[at.peak]! * 1.001
      if (warming) own[at.peak] = rate
      if (own[at.first]! < firstValues) add(own, at.first, value)
      // A rate that was never seen to rise is no warm-up: it is the first value of a constant.
      if ((warming && own[at.first]! > 1) || !(setting.head.resumed_from_step + notBefore < episode.step())) return
      add(own, at.block, value)
      const count = own[at.block]!
      if (count % patience !== 0) return
      const [n, mean, before] = [own[at.before]!, own[at.block + 1]!, own[at.before + 1]!]
      own[at.seen] = own[at.seen]! + patience
      // Memorised: there is nothing left to improve.
      if (Math.abs(mean) < nothingLeft) return episode.judge(0, mean, nothingLeft)
      const nothing = !resumed && learnedNothing(own, patience)
      const error = Math.sqrt(variance(own, at.before) / Math.max(1, n) + variance(own, at.block) / count)
      const flat = Math.abs(before - mean) + 2 * error < least * Math.abs(before)
      const decided = n === 0 || flat || Math.abs(before - mean) > 2 * error || count >= longestBlock * patience
      if (n > 0 && decided) own[at.flat] = flat ? own[at.flat]! + count : 0
      if (decided) shift(own)
      const level = nothing ? severity : levelOf(own, severity, patience, rate)
      episode.judge(level, mean, before * (1 - least), own[at.first + 1]!, nothing ? 0 : 1)
    })
  },
  describe: ({ value, reference, variant }, setting) => {
    const { patience, min_improvement: least } = setting.config.loss_plateau
    const seen = `total_loss ${show(value)} improves by less than ${show(100 * least)} % per ${patience} steps`
    if (variant === 1)
      return {
        message: `${seen}; it began at ${show(reference)}.`,
        cause: 'It has converged, or it is stuck: more steps at this learning rate hardly change it.',
        advice: [
          ...changeHyperparameter(setting, 'learning_rate', (lr) => lr / 2, 'if the loss jumps around its level'),
          tell('Compare evaluation scores of the last checkpoints: if they stand still too, fewer steps do.'),
        ],
      }
    return {
      message: `${seen}, and never did: it began at ${show(reference)}.`,
      cause:
        'Nothing is being learned: a learning rate that is too small, an adapter that is not trained, labels that are masked out, or pairs whose two answers say the same.',
      advice: [
        ...changeHyperparameter(setting, 'learning_rate', (lr) => Math.min(1, lr * 5), 'so that the loss moves at all'),
        tell('Check one training row as the model sees it: is its answer inside max_length?'),
      ],
    }
  },
}

/** The loss is provably not 5 % below the first values, behind two blocks. */
function learnedNothing(own: Float32Array, patience: number): boolean {
  const [first, count, seen] = [own[at.first + 1]!, own[at.block]!, own[at.seen]!]
  if (seen < 2 * patience || own[at.first]! < firstValues) return false
  const error = Math.sqrt(variance(own, at.first) / firstValues + variance(own, at.block) / count)
  // A loss that rose is the other detector's.
  const gained = first - own[at.block + 1]!
  return Math.max(gained + 2 * error, -gained) < learnedShare * Math.abs(first)
}

function levelOf(own: Float32Array, severity: Level, patience: number, rate: number): Level {
  const flat = own[at.flat]!
  if (flat < longFlat * patience || rate < decayed * own[at.peak]!) return 0
  return Math.max(1, severity - 1) as Level
}

/** Steps in which a loss may well stand still: the warm-up of the recipe and half of it again, or a tenth of the run. */
function warmUpEnd({ head }: Setting): number {
  const warmUp = Number(head.hyperparameters?.warmup_steps ?? 0) || 0
  return Math.max(1.5 * warmUp, 0.1 * (head.planned_steps - head.resumed_from_step))
}

function add(own: Float32Array, place: number, value: number): void {
  const count = own[place]! + 1
  const off = value - own[place + 1]!
  const mean = own[place + 1]! + off / count
  own[place + 2] = own[place + 2]! + off * (value - mean)
  own[place + 1] = mean
  own[place] = count
}

const variance = (own: Float32Array, place: number) => own[place + 2]! / Math.max(1, own[place]! - 1)

/** This block is the block before from now on. */
function shift(own: Float32Array): void {
  own.copyWithin(at.before, at.block, at.block + 3)
  own.fill(0, at.block, at.block + 3)
}
