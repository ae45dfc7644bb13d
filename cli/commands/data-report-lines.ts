import type { DatasetReport } from '../../schemas/dataset.ts'
import type { Distribution, Tally } from '../../schemas/distribution.ts'
import type { OperatorReport } from '../../schemas/operator-report.ts'
import type { Paint } from '../text/paint.ts'
import { type Column, table } from '../text/table.ts'
import { metric, percent } from '../text/values.ts'
import { pad, truncate, width } from '../text/width.ts'

const indent = '  '
const shownLabels = 10
const labelColumns = 40
const barColumns = 20

/** A report for people, in at most `columns` where labels and numbers allow it. */
export function reportLines(report: DatasetReport, columns: number, paint: Paint): string[] {
  return [
    `${paint('dim', 'repeated')} ${repeated(report)}`,
    '',
    ...statistics(report.columns, columns, paint),
    ...Object.entries(report.categories).flatMap(([name, tally]) => ['', ...category(name, tally, paint)]),
    ...difficultyLines(report, paint),
    ...(report.operators.length > 0 ? ['', ...operatorTable(report.operators, columns, paint)] : []),
    '',
    paint('dim', 'first rows'),
    ...report.samples.map((sample) => indent + truncate(sample, Math.min(columns, 200) - indent.length)),
  ]
}

function repeated({ exact_duplicates, rows }: DatasetReport): string {
  return exact_duplicates === 0 ? 'no row' : `${exact_duplicates} rows (${percent(exact_duplicates / rows)})`
}

type Row = readonly [name: string, distribution: Distribution]
type QuantileName = keyof NonNullable<Distribution['quantiles']>

/** What is shown of a column where there is room, and where there is less. */
const views: { quantiles: QuantileName[]; ends: boolean; shape: boolean }[] = [
  { quantiles: ['p01', 'p05', 'p10', 'p25', 'p50', 'p75', 'p90', 'p95', 'p99'], ends: true, shape: true },
  { quantiles: ['p05', 'p25', 'p50', 'p75', 'p95'], ends: true, shape: true },
  { quantiles: ['p05', 'p50', 'p95'], ends: true, shape: true },
  { quantiles: ['p05', 'p50', 'p95'], ends: true, shape: false },
  { quantiles: ['p50', 'p95'], ends: false, shape: false },
]

function statistics(columns: DatasetReport['columns'], most: number, paint: Paint): string[] {
  const rows = Object.entries(columns)
  const plain: Paint = (_tone, text) => text
  const fits = (shape: Column<Row>[]) => table(shape, rows, { paint: plain }).every((line) => width(line) <= most)
  const shapes = views.map(columnsOf)
  return table(shapes.find(fits) ?? (shapes.at(-1) as Column<Row>[]), rows, { paint })
}

function columnsOf({ quantiles, ends, shape }: (typeof views)[number]): Column<Row>[] {
  const number = (title: string, value: (of: Distribution) => number | null | undefined): Column<Row> => ({
    title,
    value: ([, of]) => shownNumber(value(of)),
    right: true,
  })
  return [
    { title: 'COLUMN', value: ([name]) => name },
    ...(ends ? [number('MIN', ({ min }) => min)] : []),
    ...quantiles.map((name) => number(name.toUpperCase(), (of) => of.quantiles?.[name])),
    ...(ends ? [number('MAX', ({ max }) => max)] : []),
    number('MEAN', ({ mean }) => mean),
    ...(shape ? [{ title: 'SHAPE', value: ([, of]: Row) => sparkbar(of) }] : []),
  ]
}

/** Whole numbers in full, others with four digits. */
export function shownNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) return '-'
  return Number.isInteger(value) && Math.abs(value) < 1e9 ? String(value) : metric(value)
}

const heights = '▁▂▃▄▅▆▇█'

/** One character for each bucket of the histogram, empty ones blank; says so where buckets grow. */
export function sparkbar({ histogram: { edges, counts } }: Distribution): string {
  const most = Math.max(1, ...counts)
  const bars = counts.map((count) => (count === 0 ? ' ' : heights[Math.ceil((heights.length * count) / most) - 1]))
  return `${bars.join('')}${isEven(edges) ? '' : ' log'}`
}

function isEven(edges: readonly number[]): boolean {
  const steps = edges.slice(1).map((edge, i) => edge - (edges[i] as number))
  const [first = 0] = steps
  return steps.every((step) => Math.abs(step - first) <= 1e-6 * Math.abs(first))
}

function category(name: string, tally: Tally, paint: Paint): string[] {
  const entries = Object.entries(tally).toSorted(([, a], [, b]) => b - a)
  const total = entries.reduce((sum, [, count]) => sum + count, 0)
  const shown = entries.slice(0, shownLabels)
  const labels = shown.map(([label]) => truncate(label, labelColumns))
  const widest = Math.max(...labels.map(width))
  const digits = String(shown[0]?.[1] ?? 0).length
  const lines = shown.map(([, count], i) => {
    const share = count / Math.max(1, total)
    const cells = '█'.repeat(Math.max(1, Math.round(share * barColumns)))
    const number = pad(String(count), digits, true)
    return `${indent}${pad(labels[i] as string, widest)}  ${number}  ${pad(percent(share), 7, true)}  ${paint('accent', cells)}`
  })
  const more = entries.length - shown.length
  return [paint('dim', name), ...lines, ...(more > 0 ? [paint('dim', `${indent}and ${more} more: --json`)] : [])]
}

function difficultyLines({ difficulty }: DatasetReport, paint: Paint): string[] {
  const tasks = Object.entries(difficulty?.tasks ?? {})
  if (tasks.length === 0) return []
  const lines = tasks.map(([task, { rows, easy_below, hard_above }]) => {
    const name = truncate(task, labelColumns)
    return `${indent}${name}: of ${rows} rows, easy below ${metric(easy_below)}, hard above ${metric(hard_above)}`
  })
  return ['', paint('dim', 'difficulty'), ...lines]
}

function operatorTable(operators: readonly OperatorReport[], columns: number, paint: Paint): string[] {
  const shape: Column<OperatorReport>[] = [
    { title: 'OPERATOR', value: ({ operator }) => operator },
    { title: 'IN', value: ({ rows_in }) => String(rows_in), right: true },
    { title: 'DROPPED', value: ({ rows_in, rows_out }) => String(rows_in - rows_out), right: true },
    { title: 'CHANGED', value: ({ changed }) => String(changed), right: true },
    { title: 'SECONDS', value: ({ seconds }) => metric(seconds), right: true },
    { title: 'WHY', value: ({ reasons, notes }) => whyOf(reasons, notes) },
  ]
  const shown = columns < 60 ? shape.filter(({ title }) => title !== 'SECONDS') : shape
  return table(shown, operators, { paint, columns: Number.isFinite(columns) ? columns : undefined })
}

function whyOf(reasons: OperatorReport['reasons'], notes: readonly string[]): string {
  const sorted = Object.entries(reasons).toSorted(([, a], [, b]) => b - a)
  return [...sorted.map(([reason, count]) => `${reason} ${count}`), ...notes].join('; ') || '-'
}
