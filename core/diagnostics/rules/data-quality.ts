import type { Oddities } from '../../metrics/watcher.ts'
import { changeKey, show, tell } from '../advice.ts'
import type { Detector, Words } from '../detector.ts'
import type { Level } from '../episode.ts'
import { keepName, keptName, nameNumbers } from '../kept-name.ts'

/** Told at the first, and as medium from so many on. */
const many = 100
const once = { low: 1, medium: 1, high: 1, critical: 1, clear: 1 }

/** One kind of oddity that ingest counts for the whole attempt: its finding stands at the attempt's first step and never ends. */
function counted(
  suffix: string,
  count: (oddities: Oddities) => number,
  words: (count: number) => Omit<Words, 'advice'>,
): Detector {
  return {
    rule: 'data_quality',
    metric: null,
    suffix,
    unit: suffix === 'refused_names' ? 'names' : 'lines',
    numbers: 0,
    patience: () => once,
    start:
      ({ head }, _, episode) =>
      (_rows, oddities) => {
        const found = count(oddities)
        const level: Level = found >= many ? 2 : found > 0 ? 1 : 0
        if (level === 0) return
        episode.advance(head.resumed_from_step, Number.NaN)
        episode.judge(level, found, level === 2 ? many : 1)
      },
    describe: ({ value }) => ({ ...words(value), advice }),
  }
}

const advice = [
  tell('Look at the lines that were kept aside: the console and `sluice jobs branches JOB` list them with the reason.'),
  changeKey('diagnostics.data_quality.enabled', false, 'if this trainer is known to log so'),
]

export const junkLines = counted(
  'junk_lines',
  (odd) => odd.junk_lines,
  (count) => ({
    message: `${show(count)} lines of the metrics log are no metrics and were left out.`,
    cause: 'Something else writes into the log (warnings, progress bars), or lines were cut in half.',
  }),
)

export const typeChanges = counted(
  'type_changes',
  (odd) => odd.type_changes,
  (count) => ({
    message: `${show(count)} values are no number although their metric was one before; they were left out.`,
    cause: 'The trainer logs text, a list or null in the place of a number: charts of that metric have gaps.',
  }),
)

const examples = 3

export const refusedNames: Detector = {
  ...counted(
    'refused_names',
    (odd) => odd.refused_names.count,
    () => ({ message: '', cause: '' }),
  ),
  numbers: examples * nameNumbers,
  start:
    ({ head }, own, episode) =>
    (_rows, { refused_names: { count, examples: names } }) => {
      if (count === 0) return
      if (!episode.isOpen()) names.slice(0, examples).forEach((name, i) => void keepName(own, i * nameNumbers, name))
      episode.advance(head.resumed_from_step, Number.NaN)
      episode.judge(count >= many ? 2 : 1, count, count >= many ? many : 1)
    },
  describe: ({ value }, _, own) => {
    const names = Array.from({ length: examples }, (_, i) => keptName(own, i * nameNumbers)).filter(
      (name) => name !== '',
    )
    return {
      message: `${show(value)} metrics were left out because this attempt has too many${names.length > 0 ? `, among them ${names.join(', ')}` : ''}.`,
      cause: 'Names are made at run time, for example one per prompt or per layer and step.',
      advice: [tell('Log a mean, a minimum and a maximum in place of one metric per thing.'), ...advice.slice(1)],
    }
  },
}

const manyBackward = 20

/** From the rows themselves, so that a replay finds them too. */
export const backwardSteps: Detector = {
  rule: 'data_quality',
  metric: null,
  suffix: 'backward_steps',
  unit: 'lines',
  numbers: 2,
  patience: () => once,
  start: (_, own, episode) => (rows) => {
    for (let row = 0; row < rows.steps.length; row++) {
      const step = rows.steps[row]!
      const back = Math.fround(step + 1) < own[0]!
      own[0] = step + 1
      if (!back) continue
      own[1] = own[1]! + 1
      episode.advance(step, rows.times[row]!)
      episode.judge(own[1]! >= manyBackward ? 2 : 1, own[1]!, 1)
    }
  },
  describe: ({ value, step }) => ({
    message: `${show(value)} ${value === 1 ? 'line has' : 'lines have'} a step below that of the line before, first at step ${step}.`,
    cause: 'The trainer began again from a checkpoint without a new attempt, or two processes write into one log.',
    advice: [tell('Let one process write the log: in distributed training the one of rank 0.'), ...advice.slice(1)],
  }),
}

const untimed = 10

export const missingTimes: Detector = {
  rule: 'data_quality',
  metric: null,
  suffix: 'missing_times',
  unit: 'lines',
  numbers: 1,
  patience: () => once,
  start: (_, own, episode) => (rows) => {
    if (own[0]! >= untimed) return
    for (let row = 0; row < rows.steps.length; row++) {
      if (!Number.isNaN(rows.times[row])) continue
      own[0] = own[0]! + 1
      if (own[0]! < untimed) continue
      episode.advance(rows.steps[row]!, Number.NaN)
      return episode.judge(1, own[0]!, untimed)
    }
  },
  describe: ({ value, step }) => ({
    message: `${show(value)} lines up to step ${step} have no time.`,
    cause: 'The trainer logs no timestamp: playback has no pace, and a stall is judged by arrival alone.',
    advice: [tell('Log `ts` with every line, in ISO 8601.'), ...advice.slice(1)],
  }),
}
