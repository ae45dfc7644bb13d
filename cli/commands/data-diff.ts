import type { Command } from 'commander'
import type { DatasetDiff } from '../../schemas/dataset.ts'
import type { Act, Context } from '../context.ts'
import type { Paint } from '../text/paint.ts'
import { type Column, table } from '../text/table.ts'
import { plural } from '../text/values.ts'
import { truncate } from '../text/width.ts'
import { addExample } from './arguments.ts'
import { datasetReference } from './data-reference.ts'
import { shownNumber } from './data-report-lines.ts'

/** `data diff`. */
export function dataDiffCommand(data: Command, act: Act): void {
  const diff = data
    .command('diff')
    .description('what changed from one version to another: rows, sizes, labels')
    .argument('<from>', 'a dataset, as name (its newest version) or name@digest')
    .argument('<to>', 'another, or another version of the same')
    .action(act((context, [from, to]) => printDiff(context, from as string, to as string)))
  addExample(
    diff,
    `sluice data diff arithmetic@${'0123456789abcdef'.repeat(4)} arithmetic`,
    'sluice data diff raw clean',
  )
}

async function printDiff(context: Context, from: string, to: string): Promise<undefined> {
  const before = datasetReference(from)
  const { name, digest } = datasetReference(to)
  const query = { from: `${before.name}@${before.digest}`, to: digest }
  await context.show('diffDatasets', { params: { name }, query }, (diff) =>
    diffLines(diff, context.tableColumns ?? Number.POSITIVE_INFINITY, context.paint),
  )
}

/** A diff for people. Samples are cut to `columns`, or to 200 where the output has no width. */
export function diffLines(diff: DatasetDiff, columns: number, paint: Paint): string[] {
  const side = ({ name, digest, rows }: DatasetDiff['from']) => `${name}@${digest.slice(0, 12)}  ${plural(rows, 'row')}`
  const { added, removed, changed, unchanged } = diff
  return [
    `${paint('dim', 'from')}  ${side(diff.from)}`,
    `${paint('dim', 'to')}    ${side(diff.to)}`,
    [
      paint('good', `+${added} added`),
      paint('bad', `-${removed} removed`),
      paint('warn', `~${changed} changed`),
      `${unchanged} unchanged`,
    ].join('  '),
    ...sampleLines(diff, Math.min(columns, 200), paint),
    ...movedColumns(diff.columns, columns, paint),
    ...movedTallies(diff.categories, columns, paint),
  ]
}

function sampleLines({ samples, ...counts }: DatasetDiff, columns: number, paint: Paint): string[] {
  const sample = (tone: 'good' | 'bad', sign: string, text: string) => paint(tone, truncate(`${sign} ${text}`, columns))
  const more = (kind: 'added' | 'removed' | 'changed') => {
    const rest = counts[kind] - samples[kind].length
    return rest > 0 ? [paint('dim', `  and ${rest} more ${kind}`)] : []
  }
  const lines = [
    ...samples.removed.map((text) => sample('bad', '-', text)),
    ...more('removed'),
    ...samples.added.map((text) => sample('good', '+', text)),
    ...more('added'),
    ...samples.changed.flatMap(({ id, from, to }) => [
      paint('warn', `~ ${truncate(id, columns - 2)}`),
      sample('bad', '  -', from),
      sample('good', '  +', to),
    ]),
    ...more('changed'),
  ]
  return lines.length > 0 ? ['', ...lines] : []
}

type Moved = readonly [name: string, DatasetDiff['columns'][string]]

function movedColumns(columns: DatasetDiff['columns'], most: number, paint: Paint): string[] {
  const rows = Object.entries(columns)
  if (rows.length === 0) return []
  const moved = (title: string, value: (side: NonNullable<Moved[1]['from']>) => number | null | undefined) => ({
    title,
    value: ([, { from, to }]: Moved) => `${shownNumber(from && value(from))} → ${shownNumber(to && value(to))}`,
  })
  const shape: Column<Moved>[] = [
    { title: 'COLUMN', value: ([name]) => name },
    moved('MEAN', ({ mean }) => mean),
    moved('P50', ({ quantiles }) => quantiles?.p50),
    moved('P95', ({ quantiles }) => quantiles?.p95),
    moved('MAX', ({ max }) => max),
  ]
  return ['', ...table(shape, rows, { paint, columns: Number.isFinite(most) ? most : undefined })]
}

const shownLabels = 10

function movedTallies(categories: DatasetDiff['categories'], most: number, paint: Paint): string[] {
  return Object.entries(categories).flatMap(([name, { from, to }]) => {
    const labels = [...new Set([...Object.keys(from), ...Object.keys(to)])]
    const moved = labels
      .map((label) => ({ label, before: from[label] ?? 0, after: to[label] ?? 0 }))
      .filter(({ before, after }) => before !== after)
      .toSorted((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before))
    const shape: Column<(typeof moved)[number]>[] = [
      { title: name.toUpperCase(), value: ({ label }) => truncate(label, 40) },
      { title: 'FROM', value: ({ before }) => String(before), right: true },
      { title: 'TO', value: ({ after }) => String(after), right: true },
    ]
    const look = { paint, columns: Number.isFinite(most) ? most : undefined }
    const rest = moved.length - shownLabels
    return [
      '',
      ...table(shape, moved.slice(0, shownLabels), look),
      ...(rest > 0 ? [paint('dim', `and ${rest} more: --json`)] : []),
    ]
  })
}
