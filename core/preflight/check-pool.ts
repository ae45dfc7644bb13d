import type { Check } from '../../schemas/preflight.ts'
import type { PreflightLimits } from '../../schemas/recipe.ts'
import type { RowSpool } from '../data-factory/build/row-spool.ts'
import { tasksOf } from '../data-factory/build/task-rows.ts'
import type { Categories } from '../data-factory/diversity/categories.ts'
import type { TaskDiversity } from '../data-factory/diversity/diversity-collector.ts'
import { createLengths } from '../data-factory/diversity/lengths.ts'
import { measureMix } from '../data-factory/diversity/mix.ts'
import { judge, type Miss } from './check.ts'

interface TaskValue {
  task: string
  /** null when it cannot be measured, which misses. */
  value: number | null
  note: string
}

const mixPoints = 3

/**
 * Diversity of a pool, task by task: the gates of the requirement with the definitions of docs/preflight.md. Where they only report,
 * those on templates, roles and styles leave out data that names none.
 */
export function checkDiversity(
  subject: string,
  tasks: readonly TaskDiversity[],
  limits: PreflightLimits,
  miss: Miss,
): Check[] {
  const least = (
    name: string,
    limit: number,
    unit: string,
    of: (task: TaskDiversity) => Omit<TaskValue, 'task'>,
    remedy: string,
  ) =>
    perTask(
      tasks.map((task) => ({ task: task.task, ...of(task) })),
      {
        name,
        subject,
        threshold: `>= ${limit}${unit} in every task`,
        remedy,
        holds: (value) => value >= limit,
        worst: 'least',
      },
      miss,
    )
  const groups = ({ value, without }: Categories) => ({ value, note: without > 0 ? `, ${without} rows name none` : '' })
  const named = (of: (task: TaskDiversity) => Categories[]) =>
    miss === 'fail' || tasks.some((task) => of(task).some(({ value }) => value > 0))
  return [
    least(
      'distinct2',
      limits.min_distinct2,
      '',
      ({ distinct2 }) => ({ value: distinct2.value, note: flagged(distinct2.flags) }),
      'Add prompts, templates and styles that differ in wording.',
    ),
    ...when(
      named(({ templates, roles, styles }) => [templates, roles, styles]),
      () =>
        least(
          'kl3',
          limits.kl3_min,
          ' nats',
          ({ kl3 }) => ({
            value: kl3.value,
            note: kl3.groups[0] ? ` (${kl3.groups[0].attribute} ${kl3.groups[0].name})` : flagged(kl3.flags),
          }),
          'Write templates, roles and styles that say things in their own words; groups that differ in a name alone add nothing.',
        ),
    ),
    ...when(
      named(({ roles }) => [roles]),
      () =>
        least('roles', limits.roles_min, '', ({ roles }) => groups(roles), 'Give rows a role, and use more of them.'),
    ),
    ...when(
      named(({ styles }) => [styles]),
      () =>
        least(
          'styles',
          limits.styles_min,
          '',
          ({ styles }) => groups(styles),
          'Give rows a style, and use more of them.',
        ),
    ),
  ]
}

/** Tokens of every row, and the shares of the tasks. */
export async function checkShape(
  subject: string,
  spool: RowSpool,
  limits: PreflightLimits,
  miss: Miss,
): Promise<Check[]> {
  const tokens = await spool.described('tokens_estimated')
  const tasks = [...(await tasksOf(spool, rowsOf(spool)))]
  const outside = tasks.map(([task, rows]) => {
    const lengths = createLengths({ min: limits.min_len, max: limits.max_len })
    for (const row of rows) lengths.add(tokens[row] as number)
    const { below, above } = lengths.finish()
    return { task, value: below + above, note: ` (${below} shorter, ${above} longer, of ${rows.length})` }
  })
  const counts = Object.fromEntries(tasks.map(([task, rows]) => [task, rows.length]))
  return [
    perTask(
      outside,
      {
        name: 'length',
        subject,
        threshold: `${limits.min_len} to ${limits.max_len} tokens (estimated) in every row`,
        remedy: 'Build the dataset with the length operator, or set preflight.min_len and max_len.',
        holds: (value) => value === 0,
        worst: 'most',
      },
      miss,
    ),
    ...(limits.mix ? [checkMix(subject, counts, limits.mix, miss)] : []),
  ]
}

function checkMix(subject: string, counts: Record<string, number>, wanted: Record<string, number>, miss: Miss): Check {
  const { value, tasks } = measureMix(counts, wanted)
  return judge(
    value !== null && value <= mixPoints,
    {
      name: 'mix',
      subject,
      value,
      threshold: `within ${mixPoints} percentage points of the requested shares`,
      message: `the task farthest off is ${value?.toFixed(2) ?? 'not known'} points from its share`,
      remedy: 'Build the dataset with the mix operator.',
      evidence: tasks.map(
        ({ task, share, requested }) => `${task}: ${share.toFixed(4)}, requested ${requested.toFixed(4)}`,
      ),
    },
    miss,
  )
}

interface Gate {
  name: string
  subject: string
  threshold: string
  remedy: string
  holds: (value: number) => boolean
  worst: 'least' | 'most'
}

/** One check over all tasks: it holds when every task does. Its value is the worst task's. */
export function perTask(values: readonly TaskValue[], { holds, worst, ...gate }: Gate, miss: Miss): Check {
  const rank = ({ value }: TaskValue) =>
    value === null ? Number.NEGATIVE_INFINITY : worst === 'least' ? value : -value
  const ordered = values.toSorted((a, b) => rank(a) - rank(b))
  const [first] = ordered
  const missing = ordered.filter(({ value }) => value === null || !holds(value))
  const said = ({ task, value, note }: TaskValue) =>
    `${task}: ${value === null ? 'cannot be measured' : rounded(value)}${note}`
  return judge(
    values.length > 0 && missing.length === 0,
    {
      ...gate,
      value: first?.value ?? null,
      message: first
        ? `${missing.length} of ${values.length} tasks miss it; the worst is ${said(first)}`
        : 'there is no row to measure',
      evidence: ordered.map(said),
    },
    miss,
  )
}

const when = (applies: boolean, check: () => Check): Check[] => (applies ? [check()] : [])

export const rowsOf = ({ rows }: RowSpool) => Uint32Array.from({ length: rows }, (_, row) => row)

const rounded = (value: number) => Number(value.toFixed(4))
const flagged = (flags: readonly string[]) => (flags.length > 0 ? ` (${flags.join(', ')})` : '')
