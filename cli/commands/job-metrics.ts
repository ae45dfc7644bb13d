import { type Command, Option } from 'commander'
import type { MetricBranch } from '../../schemas/metrics.ts'
import type { Answer } from '../client.ts'
import type { Act, Context } from '../context.ts'
import { type Column, table } from '../text/table.ts'
import { plural } from '../text/values.ts'
import { addExample, wholeNumber } from './arguments.ts'
import { metricLines, newestMean, type ShortSeries, sparkColumns } from './metric-lines.ts'
import {
  attemptOption,
  type MetricOptions,
  noteUnknownNames,
  ofOptions,
  queryOf,
  stageOption,
  stepOption,
} from './metric-options.ts'

const exampleJob = 'job-0123456789abcdefghij'
// Series that end at another step than the rest need a question each.
const maxEnds = 8

/** The commands that look at what a job logged. */
export function jobMetricCommands(jobs: Command, act: Act): void {
  const metrics = jobs
    .command('metrics')
    .description('metric series in short; with --json, every point unless --buckets is given')
    .argument('<job>', 'its id')
    .option('--names <names>', 'comma-separated; all when absent')
    .addOption(stageOption())
    .addOption(attemptOption())
    .addOption(stepOption('--from', 'first step'))
    .addOption(stepOption('--to', 'last step'))
    .addOption(
      new Option('--buckets <n>', `equal parts of the shape (${sparkColumns} unless told)`).argParser(
        wholeNumber(1, 5000),
      ),
    )
    .action(act<MetricOptions>((context, [job], options) => printMetrics(context, job as string, options)))
  addExample(metrics, `sluice jobs metrics ${exampleJob} --names total_loss,reward_mean --from 100`)
  const branches = jobs
    .command('branches')
    .description('what each attempt logged: steps, the ones that count, and lines that were no metrics')
    .argument('<job>', 'its id')
    .action(act((context, [job]) => printBranches(context, job as string)))
  addExample(branches, `sluice jobs branches ${exampleJob}`)
  const sync = jobs
    .command('sync')
    .description('read the metrics that are shipped and not read yet, now')
    .argument('<job>', 'its id')
    .action(act((context, [job]) => syncMetrics(context, job as string)))
  addExample(sync, `sluice jobs sync ${exampleJob}`)
}

async function printMetrics(context: Context, job: string, options: MetricOptions): Promise<undefined> {
  const query = { ...queryOf(options), buckets: options.buckets ?? (context.json ? undefined : sparkColumns) }
  if (context.json) return void (await ofOptions(context.show('getMetrics', { params: { job }, query }, () => [])))
  const { series } = await ofOptions(context.client.call('getMetrics', { params: { job }, query }))
  const short = await withLast(context, job, options, series)
  context.print(metricLines(short, context))
  await noteUnknownNames(context, [job], options, series)
  if (short.length > 0) return
  const isNarrowed = Object.values(queryOf(options)).some((value) => value !== undefined)
  context.note(
    isNarrowed
      ? `no such points; sluice jobs branches ${job} shows what was logged`
      : `nothing is logged yet; sluice jobs get ${job} shows how far the job is`,
  )
}

/** Parts have no last value: it is asked for at the steps at which series end. */
async function withLast(
  { client }: Context,
  job: string,
  options: MetricOptions,
  all: Answer<'getMetrics'>['series'],
): Promise<ShortSeries[]> {
  const parted = all.flatMap((each) => (each.buckets?.count.length ? [{ ...each, buckets: each.buckets }] : []))
  const endOf = ({ stage, buckets }: (typeof parted)[number]) => `${stage} ${buckets.to.at(-1)}`
  const ends = [...new Set(parted.map(endOf))].slice(0, maxEnds)
  const answers = await Promise.all(
    ends.map((end) => {
      const [stage, step] = end.split(' ').map(Number)
      const query = { ...queryOf(options), stage, start_step: step, end_step: step }
      return client.call('getMetrics', { params: { job }, query })
    }),
  )
  const lasts = new Map(
    answers.flatMap(({ series }, i) => series.map(({ name, points }) => [`${ends[i]} ${name}`, points.at(-1)?.[1]])),
  )
  return parted.map((series) => ({ series, last: lasts.get(`${endOf(series)} ${series.name}`) ?? onlyValue(series) }))
}

/** Of a newest part that holds one value. */
function onlyValue({ buckets }: ShortSeries['series']) {
  return buckets.count.at(-1) === 1 ? (newestMean(buckets) ?? undefined) : undefined
}

const branchColumns: readonly Column<MetricBranch>[] = [
  { title: 'STAGE', value: ({ stage }) => String(stage), right: true },
  { title: 'ATTEMPT', value: ({ attempt }) => String(attempt), right: true },
  { title: 'STEPS', value: ({ first_step, last_step }) => range(first_step, last_step), right: true },
  { title: 'COUNTS', value: ({ wins }) => (wins ? range(wins.from, wins.to) : 'none'), right: true },
  { title: 'ROWS', value: ({ rows }) => String(rows), right: true },
  { title: 'POINTS', value: ({ points }) => String(points), right: true },
  { title: 'METRICS', value: ({ names }) => String(names.length), right: true },
  { title: 'ODD', value: oddities, tone: (branch) => (oddities(branch) === '-' ? undefined : 'warn') },
]

const range = (from: number | null, to: number | null) => (from === null ? '-' : `${from}-${to}`)

/** What ingest met that was no metric. */
function oddities({ junk_lines, backward_steps, type_changes, refused_names }: MetricBranch): string {
  const counts = [
    junk_lines > 0 && plural(junk_lines, 'bad line'),
    backward_steps > 0 && plural(backward_steps, 'backward step'),
    type_changes > 0 && `${type_changes} not a number`,
    refused_names > 0 && `${plural(refused_names, 'metric')} too many`,
  ]
  return counts.filter(Boolean).join(', ') || '-'
}

async function printBranches(context: Context, job: string): Promise<undefined> {
  const { paint } = context
  const answer = await context.show('listMetricBranches', { params: { job } }, ({ branches }) =>
    branches.length === 0
      ? []
      : [
          ...table(branchColumns, branches, { paint, columns: context.tableColumns }),
          ...branches.flatMap(junkLines).map((line) => paint('warn', `  ${line}`)),
        ],
  )
  if (answer?.branches.length === 0) context.note(`nothing is logged yet; sluice jobs watch ${job}`)
}

/** The lines that were kept, and how many were not. */
function junkLines({ stage, attempt, junk, junk_lines }: MetricBranch): string[] {
  const whose = `stage ${stage} attempt ${attempt}`
  const left = junk_lines - junk.length
  return [
    ...junk.map(({ segment, line, reason, text }) => `${whose}, segment ${segment} line ${line}: ${reason}: ${text}`),
    ...(left > 0 ? [`${whose}: ${plural(left, 'more bad line')}, not kept`] : []),
  ]
}

async function syncMetrics(context: Context, job: string): Promise<undefined> {
  await context.show('syncMetrics', { params: { job } }, ({ segments, rows, points, last_step }) => [
    `${context.paint('good', '✓')} ${plural(segments, 'new segment')}, ${plural(rows, 'row')}, ${plural(points, 'point')}; newest step ${last_step ?? '-'}`,
  ])
}
