import type { FrozenDifficulty } from '../../schemas/difficulty.ts'
import type { Check } from '../../schemas/preflight.ts'
import type { PreflightLimits } from '../../schemas/recipe.ts'
import type { RowSpool } from '../data-factory/build/row-spool.ts'
import { tasksOf } from '../data-factory/build/task-rows.ts'
import { featureIndex, featureNames } from '../data-factory/difficulty/features.ts'
import { bucketColumn } from '../data-factory/difficulty/freeze-difficulty.ts'
import type { Miss } from './check.ts'
import { perTask } from './check-pool.ts'
import { allRows } from './measure-diversity.ts'

interface TaskFacts {
  task: string
  /** null: there are no frozen cut points for this task, so its buckets would be true by construction. */
  shares: { easy: number; hard: number; clueEasy: number | null; clueHard: number | null } | null
  most: { len: number; turns: number; hops: number }
}

const noCuts = ' (no frozen cut points: shares of its own quantiles would prove nothing)'

/**
 * Difficulty of a pool, task by task. Features are computed anew from the text, and buckets from the cut points that the build of the
 * source pool froze: a label in a row decides nothing.
 */
export async function checkDifficulty(
  subject: string,
  spool: RowSpool,
  frozen: FrozenDifficulty | undefined,
  limits: PreflightLimits,
  miss: Miss,
): Promise<Check[]> {
  const tasks = await measure(spool, frozen)
  const share = (
    name: string,
    threshold: string,
    of: (shares: NonNullable<TaskFacts['shares']>) => number | null,
    holds: (value: number) => boolean,
    worst: 'least' | 'most',
  ) =>
    perTask(
      tasks.map(({ task, shares }) => ({ task, value: shares && of(shares), note: shares ? '' : noCuts })),
      {
        name,
        subject,
        threshold: `${threshold} in every task`,
        remedy: 'Build the pool with difficulty and balance on (sluice data build), and train on what it makes.',
        holds,
        worst,
      },
      miss,
    )
  const most = (name: string, feature: keyof TaskFacts['most'], limit: number, unit: string) =>
    perTask(
      tasks.map((facts) => ({ task: facts.task, value: facts.most[feature], note: '' })),
      {
        name,
        subject,
        threshold: `<= ${limit} ${unit} in every row`,
        remedy: 'Build the dataset with the length operator, or raise the limit with a reason.',
        holds: (value) => value <= limit,
        worst: 'most',
      },
      miss,
    )
  const { min_hard_pct, max_easy_pct, clue_overlap_max_easy, clue_overlap_min_hard } = limits
  const lengths = [
    most('len_max', 'len', limits.len_max, 'tokens (estimated)'),
    most('turns_max', 'turns', limits.turns_max, 'turns'),
    most('tool_hops_max', 'hops', limits.tool_hops_max, 'tool calls'),
  ]
  // Without frozen cut points there is nothing to report, and nothing to enforce by.
  if (!frozen && miss === 'warn') return lengths
  return [
    ...lengths,
    share(
      'hard_share',
      `>= ${min_hard_pct}`,
      ({ hard }) => hard,
      (value) => value >= min_hard_pct,
      'least',
    ),
    share(
      'easy_share',
      `<= ${max_easy_pct}`,
      ({ easy }) => easy,
      (value) => value <= max_easy_pct,
      'most',
    ),
    share(
      'clue_overlap_easy',
      `mean of the easy rows <= ${clue_overlap_max_easy}`,
      ({ clueEasy }) => clueEasy,
      (value) => value <= clue_overlap_max_easy,
      'most',
    ),
    share(
      'clue_overlap_hard',
      `mean of the hard rows >= ${clue_overlap_min_hard}`,
      ({ clueHard }) => clueHard,
      (value) => value >= clue_overlap_min_hard,
      'least',
    ),
  ]
}

async function measure(spool: RowSpool, frozen: FrozenDifficulty | undefined): Promise<TaskFacts[]> {
  const facts: TaskFacts[] = []
  const whole: Float32Array[] = []
  for (const feature of featureNames.keys()) whole.push(await spool.feature(feature))
  for (const [task, rows] of await tasksOf(spool, allRows(spool))) {
    const columns = whole.map((column) => Float32Array.from(rows, (row) => column[row] as number))
    const column = (name: keyof typeof featureIndex) => columns[featureIndex[name]] as Float32Array
    const known = frozen && Object.hasOwn(frozen.tasks, task) ? frozen.tasks[task] : undefined
    facts.push({
      task,
      most: { len: largest(column('len')), turns: largest(column('turns')), hops: largest(column('hops')) },
      shares: known ? sharesOf(bucketColumn(known, columns, rows.length), column('clue_overlap')) : null,
    })
  }
  return facts
}

function sharesOf(buckets: Uint8Array, clues: Float32Array): NonNullable<TaskFacts['shares']> {
  const counts = [0, 0, 0]
  const sums = [0, 0, 0]
  for (const [row, bucket] of buckets.entries()) {
    counts[bucket]! += 1
    sums[bucket]! += clues[row] as number
  }
  const mean = (bucket: number) => (counts[bucket] ? (sums[bucket] as number) / (counts[bucket] as number) : null)
  return {
    easy: (counts[0] as number) / buckets.length,
    hard: (counts[2] as number) / buckets.length,
    clueEasy: mean(0),
    clueHard: mean(2),
  }
}

const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, value), 0)
