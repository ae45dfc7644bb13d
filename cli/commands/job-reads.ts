import { type Command, Option } from 'commander'
import type { Job } from '../../schemas/job.ts'
import type { Act, Context } from '../context.ts'
import { downloadFile } from '../download-file.ts'
import type { Column } from '../text/table.ts'
import { bytes, duration, percent, time } from '../text/values.ts'
import { jobFacts } from '../watch/facts.ts'
import { bandTones } from '../watch/findings.ts'
import { storyLine } from '../watch/narrate.ts'
import { addExample, addPaging, type PageOptions, wholeNumber } from './arguments.ts'
import { jobCompareCommand } from './job-compare.ts'
import { jobExportCommand } from './job-export.ts'
import { jobHealthCommands } from './job-health.ts'
import { jobMetricCommands } from './job-metrics.ts'
import { listPage } from './list-page.ts'
import { attemptOption, stageOption } from './metric-options.ts'
import { preflightLines } from './preflight-lines.ts'

interface LogOptions {
  stage?: number
  attempt?: number
  lines: number
}

const exampleJob = 'job-0123456789abcdefghij'

/** The commands that only look at jobs. */
export function jobReadCommands(jobs: Command, act: Act): void {
  const list = addPaging(jobs.command('list').description('list jobs, newest first')).action(
    act<PageOptions>((context, _args, options) => listJobs(context, options)),
  )
  addExample(list, 'sluice jobs list --limit 20')
  const reading = (name: string, description: string) =>
    jobs.command(name).description(description).argument('<job>', 'its id')
  const get = reading('get', 'a job as it is now').action(act((context, [job]) => getJob(context, job as string)))
  addExample(get, `sluice jobs get ${exampleJob}`, `sluice jobs get ${exampleJob} --json | jq .status`)
  const events = addPaging(reading('events', "a job's history, oldest first"), 200).action(
    act<PageOptions>((context, [job], options) => listEvents(context, job as string, options)),
  )
  addExample(events, `sluice jobs events ${exampleJob}`)
  const logs = reading('logs', "the last lines of a trainer's output; the newest attempt unless told")
    .addOption(stageOption())
    .addOption(attemptOption('which attempt, from 1'))
    .addOption(new Option('--lines <n>', 'how many, 1 to 5000').argParser(wholeNumber(1, 5000)).default(200))
    .action(act<LogOptions>((context, [job], options) => printLogs(context, job as string, options)))
  addExample(logs, `sluice jobs logs ${exampleJob} --stage 0 --attempt 1 --lines 50`)
  jobMetricCommands(jobs, act)
  jobCompareCommand(jobs, act)
  jobExportCommand(jobs, act)
  jobHealthCommands(jobs, act)
  const preflight = reading(
    'preflight',
    'the preflight reports: every check with its limit, evidence and remedy',
  ).action(act((context, [job]) => printPreflight(context, job as string)))
  addExample(preflight, `sluice jobs preflight ${exampleJob}`)
  const pack = reading('failure-pack', 'download logs, specs and metrics of a failed job as one file')
    .option('--output <file>', 'where to; JOB-failure-pack.tar.gz when absent')
    .addOption(new Option('--out <file>').hideHelp())
    .action(
      act<{ output?: string; out?: string }>((context, [job], { output, out }) =>
        fetchPack(context, job as string, output ?? out),
      ),
    )
  addExample(pack, `sluice jobs failure-pack ${exampleJob} --output pack.tar.gz`)
}

const statusTones = { succeeded: 'good', failed: 'bad', refused: 'warn', cancelled: 'warn' } as const
const jobColumns: readonly Column<Job>[] = [
  { title: 'JOB', value: (job) => job.id },
  {
    title: 'STATUS',
    value: (job) => job.status,
    tone: (job) => (job.status in statusTones ? statusTones[job.status as keyof typeof statusTones] : 'accent'),
  },
  { title: 'RECIPE', value: (job) => `${job.recipe.name}@${job.recipe.version}` },
  { title: 'STAGES', value: stagesOf },
  {
    title: 'HEALTH',
    value: (job) => (job.health ? String(job.health.score) : '-'),
    right: true,
    tone: (job) => job.health && bandTones[job.health.band],
  },
  { title: 'SUBMITTED', value: (job) => time(job.created_at) },
  {
    title: 'TOOK',
    value: (job) => (job.finished_at ? duration(Date.parse(job.finished_at) - Date.parse(job.created_at)) : '-'),
    right: true,
  },
  { title: 'RESULT', value: resultOf },
]

function stagesOf({ evaluates, kind, stages }: Job): string {
  if (kind === 'preflight') return 'preflight only'
  if (evaluates) return `evaluates ${evaluates.name}@${evaluates.version}`
  return stages.map((stage) => stage.algorithm).join(' → ')
}

function resultOf(job: Job): string {
  if (job.model) return `${job.model.name}@${job.model.version}`
  if (job.evaluates && job.gate && job.comparison)
    return `gate ${job.gate.verdict}, ${percent(job.comparison.candidate.accuracy)} right`
  return job.reason?.message ?? '-'
}

function listJobs(context: Context, options: PageOptions): Promise<undefined> {
  return listPage(
    context,
    'listJobs',
    { query: { ...options } },
    {
      columns: jobColumns,
      words: ['jobs', 'list'],
      limit: options.limit,
      empty: 'no jobs; submit one: sluice jobs submit RECIPE --watch',
    },
  )
}

async function getJob(context: Context, job: string): Promise<undefined> {
  const { client, io, paint } = context
  const events = context.json
    ? []
    : (await client.call('listJobEvents', { params: { job }, query: { limit: 1000 } })).items
  await context.show('getJob', { params: { job } }, (found) =>
    jobFacts(
      { job: found, events, paces: new Map() },
      io.clock.now(),
      context.tableColumns ?? Number.POSITIVE_INFINITY,
      paint,
    ),
  )
}

async function listEvents(context: Context, job: string, options: PageOptions): Promise<undefined> {
  const page = await context.show('listJobEvents', { params: { job }, query: { ...options } }, ({ items }) =>
    items.map((event) => storyLine(event.time, event.status, event.message)),
  )
  if (page?.next) context.note(`more: sluice jobs events ${job} --limit ${options.limit} --after '${page.next}'`)
}

async function printLogs(context: Context, job: string, options: LogOptions): Promise<undefined> {
  const answer = await context.show('getLogs', { params: { job }, query: { ...options } }, ({ lines }) => lines)
  if (answer)
    context.note(context.paint('dim', `stage ${answer.stage}, attempt ${answer.attempt}, ${answer.lines.length} lines`))
}

async function printPreflight(context: Context, job: string): Promise<undefined> {
  await context.show('getPreflight', { params: { job } }, (reports) =>
    preflightLines(reports, context.tableColumns ?? Number.POSITIVE_INFINITY, context.paint),
  )
}

async function fetchPack(context: Context, job: string, output = `${job}-failure-pack.tar.gz`): Promise<undefined> {
  const { json, client, io, paint } = context
  if (json) return void (await context.show('getFailurePack', { params: { job } }, () => []))
  const { url } = await client.call('getFailurePack', { params: { job } })
  const size = await downloadFile(url, output, { clock: io.clock })
  context.print([`${paint('good', '✓')} ${output}: ${bytes(size)}`, paint('dim', `  look inside: tar tzf ${output}`)])
}
