import type { Check } from '../../schemas/preflight.ts'
import type { PreflightLimits } from '../../schemas/recipe.ts'
import { none } from '../data-factory/build/category-columns.ts'
import type { RowSpool } from '../data-factory/build/row-spool.ts'
import { tasksOf } from '../data-factory/build/task-rows.ts'
import { createLengths } from '../data-factory/diversity/lengths.ts'
import { measureMix } from '../data-factory/diversity/mix.ts'
import { judge, type Miss } from './check.ts'
import { allRows } from './measure-diversity.ts'
import type { VersionMeasures } from './measure-version.ts'

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
export async function checkDiversity(
  subject: string,
  { diversity, spool }: Pick<VersionMeasures, 'diversity' | 'spool'>,
  limits: PreflightLimits,
  miss: Miss,
): Promise<Check[]> {
  const least = (name: string, limit: number, unit: string, values: TaskValue[], remedy: string) =>
    perTask(
      values,
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
  const [roles, styles] = [await namedBy(spool, 'role'), await namedBy(spool, 'style')]
  const templates = await namedBy(spool, 'template')
  const applies = (...columns: TaskValue[][]) =>
    miss === 'fail' || columns.some((tasks) => tasks.some(({ value }) => value !== 0))
  const distinct2 = diversity.map(({ task, rows, distinct2: { value, n, flags } }) => ({
    task,
    value,
    note: sampled(n, rows) + flagged(flags),
  }))
  const kl3 = diversity.map(({ task, rows, kl3: { value, n, flags, groups } }) => ({
    task,
    value,
    note: sampled(n, rows) + (groups[0] ? ` (${groups[0].attribute} ${groups[0].name})` : flagged(flags)),
  }))
  return [
    least(
      'distinct2',
      limits.min_distinct2,
      '',
      distinct2,
      'Add prompts, templates and styles that differ in wording.',
    ),
    // A limit of 0 asks for nothing, also where too few rows leave nothing to measure.
    ...when(limits.kl3_min > 0 && applies(templates, roles, styles), () =>
      least(
        'kl3',
        limits.kl3_min,
        ' nats',
        kl3,
        'Write templates, roles and styles that say things in their own words; groups that differ in a name alone add nothing. Groups of fewer than 200 rows are not measured.',
      ),
    ),
    ...when(applies(roles), () =>
      least('roles', limits.roles_min, '', roles, 'Give rows a role, and use more of them.'),
    ),
    ...when(applies(styles), () =>
      least('styles', limits.styles_min, '', styles, 'Give rows a style, and use more of them.'),
    ),
  ]
}

/** How many different values the rows of each task name, all rows counted. */
async function namedBy(spool: RowSpool, name: 'template' | 'role' | 'style'): Promise<TaskValue[]> {
  const codes = await spool.category(name)
  return [...(await tasksOf(spool, allRows(spool)))].map(([task, rows]) => {
    const named = new Set<number>()
    let without = 0
    for (const row of rows) {
      if (codes[row] === none) without += 1
      else named.add(codes[row] as number)
    }
    return { task, value: named.size, note: without > 0 ? `, ${without} rows name none` : '' }
  })
}

/** Tokens of every row, and the shares of the tasks. */
export async function checkShape(
  subject: string,
  spool: RowSpool,
  limits: PreflightLimits,
  miss: Miss,
): Promise<Check[]> {
  const tokens = await spool.described('tokens_estimated')
  const tasks = [...(await tasksOf(spool, allRows(spool)))]
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
  const known = values.map((each) => ({ ...each, value: Number.isFinite(each.value) ? each.value : null }))
  const ordered = known.toSorted((a, b) => {
    if (a.value === null || b.value === null) return Number(b.value === null) - Number(a.value === null)
    return worst === 'least' ? a.value - b.value : b.value - a.value
  })
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

const rounded = (value: number) => Number(value.toFixed(4))
const sampled = (n: number, rows: number) => (n < rows ? ` (measured on a sample of ${n} of ${rows} rows)` : '')
const flagged = (flags: readonly string[]) => (flags.length > 0 ? ` (${flags.join(', ')})` : '')
