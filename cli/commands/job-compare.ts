import type { Command } from 'commander'
import type { Answer } from '../client.ts'
import type { Act, Context } from '../context.ts'
import { type Column, table } from '../text/table.ts'
import { metric } from '../text/values.ts'
import { addExample } from './arguments.ts'
import { brokenLine, newestMean, shape, sparkColumns, type Value } from './metric-lines.ts'
import { type MetricOptions, noteUnknownNames, ofOptions, queryOf, stageOption, stepOption } from './metric-options.ts'

export function jobCompareCommand(jobs: Command, act: Act): void {
  const compare = jobs
    .command('compare')
    .description('the same metrics of up to 10 jobs side by side')
    .argument('<jobs...>', 'their ids')
    .option('--names <names>', 'comma-separated; all when absent')
    .addOption(stageOption())
    .addOption(stepOption('--from', 'first step'))
    .addOption(stepOption('--to', 'last step'))
    .action(act<MetricOptions>((context, args, options) => compareJobs(context, args.flat(), options)))
  addExample(compare, 'sluice jobs compare job-0123456789abcdefghij job-0123456789abcdefghik --names total_loss')
}

interface Compared {
  job: string
  stage: number
  name: string
  unit: string
  steps: string
  end: Value | null
  first: Value | null
  shape: string
  /** What is not finite. */
  broken: string[]
}

const comparedColumns: readonly Column<Compared>[] = [
  { title: 'STAGE', value: ({ stage }) => String(stage), right: true },
  { title: 'METRIC', value: ({ name }) => name },
  { title: 'UNIT', value: ({ unit }) => unit || '-' },
  { title: 'JOB', value: ({ job }) => job },
  { title: 'STEPS', value: ({ steps }) => steps, right: true },
  {
    title: 'END',
    value: ({ end }) => (end === null ? '-' : metric(end)),
    right: true,
    tone: ({ end }) => (typeof end === 'string' ? 'bad' : undefined),
  },
  { title: 'AGAINST FIRST', value: against, right: true },
  { title: 'SHAPE', value: (row) => row.shape },
]

/** How far the end lies from the first job's, as a share of that. */
function against({ end, first }: Compared): string {
  if (typeof end !== 'number' || typeof first !== 'number' || first === 0) return '-'
  const share = (end - first) / Math.abs(first)
  return `${share < 0 ? '-' : '+'}${(100 * Math.abs(share)).toFixed(1)} %`
}

async function compareJobs(context: Context, ids: string[], options: MetricOptions): Promise<undefined> {
  const query = { ...queryOf(options), jobs: ids.join(','), buckets: sparkColumns }
  const { attempt: _, ...asked } = query
  const { paint, tableColumns: columns } = context
  const shown = context.show('compareMetrics', { query: asked }, ({ jobs }) => {
    const rows = comparedRows(jobs)
    if (rows.length === 0) return []
    return [
      ...table(comparedColumns, rows, { paint, columns }),
      ...rows.flatMap(({ broken }) => broken.map((line) => paint('bad', line))),
    ]
  })
  const answer = await ofOptions(shown)
  if (!answer) return
  const found = answer.jobs.flatMap(({ series }) => series)
  await noteUnknownNames(context, [...new Set(ids)], options, found)
  if (answer.jobs.every(({ series }) => series.length === 0)) context.note('none of these jobs has such metrics')
  else context.note(paint('dim', `END: mean of the newest of up to ${sparkColumns} parts of that job's own steps`))
}

/** Each metric with its jobs below each other, in the order in which they were asked for. */
function comparedRows(jobs: Answer<'compareMetrics'>['jobs']): Compared[] {
  const keys = new Set(jobs.flatMap(({ series }) => series.map(({ stage, name }) => `${stage} ${name}`)))
  return [...keys].flatMap((key) => {
    let first: Value | null | undefined
    return jobs.flatMap(({ job, series }) => {
      const own = series.find(({ stage, name }) => `${stage} ${name}` === key)
      if (!own?.buckets) return []
      const { stage, name, unit, buckets } = own
      const end = newestMean(buckets)
      if (first === undefined) first = end
      const steps = `${buckets.from[0]}-${buckets.to.at(-1)}`
      const broken = brokenLine({ ...own, buckets }, job)
      return [{ job, stage, name, unit, steps, end, first, shape: shape(buckets), broken }]
    })
  })
}
