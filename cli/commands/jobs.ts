import type { Command } from 'commander'
import type { Answer, Input } from '../client.ts'
import type { Act, Context, ExitCode } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { watchJob } from '../watch/watch-job.ts'
import { addExample, datasetBinding, keyValue } from './arguments.ts'
import { jobReadCommands } from './job-reads.ts'

interface WatchOption {
  watch?: boolean
}
interface SubmitOptions extends WatchOption {
  evaluate?: string
  dataset?: Record<string, string>
  label?: Record<string, string>
}

const exampleJob = 'job-0123456789abcdefghij'

export function jobCommands(program: Command, act: Act): void {
  const jobs = program.command('jobs').description('submit, watch and steer training jobs')
  const submit = jobs
    .command('submit')
    .description(
      'submit a job; with --watch, exit code 0 when it succeeds, 2 when preflight or the gate refuses it, else 1',
    )
    .argument('[recipe[@version]]', 'to train; the newest version unless told')
    .option(
      '--evaluate <model@alias>',
      'in place of a recipe: judge a registered version, MODEL@VERSION or MODEL@ALIAS; unchanged replies are reused',
    )
    .option('--dataset <binding>', 'name@sha256, or name=other to use another dataset; may be repeated', datasetBinding)
    .option('--label <name=value>', 'kept with the job; may be repeated', keyValue)
    .option('--watch', 'watch it until it is over')
    .action(act<SubmitOptions>((context, [recipe], options) => submitJob(context, recipe, options)))
  addExample(
    submit,
    'sluice jobs submit my-recipe@2 --label team=search --watch',
    'sluice jobs submit --evaluate my-model@production --watch',
  )
  const watch = jobs
    .command('watch')
    .description('watch a job until it is over; Ctrl-C stops the watching, not the job')
    .argument('<job>', 'its id')
    .action(act((context, [job]) => watchJob(context, job as string)))
  addExample(watch, `sluice jobs watch ${exampleJob}`)
  const cancel = jobs
    .command('cancel')
    .description('end a job now: its trainer writes a checkpoint and stops')
    .argument('<job>', 'its id')
    .option('--reason <text>', 'kept with the job')
    .action(act<{ reason?: string }>((context, [job], options) => cancelJob(context, job as string, options)))
  addExample(cancel, `sluice jobs cancel ${exampleJob} --reason "wrong data"`)
  const resume = jobs
    .command('resume')
    .description('run a failed or cancelled job again from its latest checkpoint; exit code 2 when there is none')
    .argument('<job>', 'its id')
    .option('--watch', 'watch it until it is over')
    .action(act<WatchOption>((context, [job], options) => resumeJob(context, job as string, options)))
  addExample(resume, `sluice jobs resume ${exampleJob} --watch`)
  const clone = jobs
    .command('clone')
    .description('submit the same recipe version on the same dataset versions as a new job')
    .argument('<job>', 'its id')
    .option('--watch', 'watch it until it is over')
    .action(
      act<WatchOption>((context, [job], { watch }) =>
        start(context, 'cloneJob', { params: { job: job as string } }, watch),
      ),
    )
  addExample(clone, `sluice jobs clone ${exampleJob} --watch`)
  jobReadCommands(jobs, act)
}

function submitJob(
  context: Context,
  recipe: string | undefined,
  { evaluate, dataset, label, watch }: SubmitOptions,
): Promise<ExitCode> {
  const what = { ...(recipe !== undefined && { recipe }), ...(evaluate !== undefined && { evaluate }) }
  const body = { ...what, ...(dataset && { datasets: dataset }), ...(label && { labels: label }) }
  return start(context, 'submitJob', { body }, watch)
}

async function resumeJob(context: Context, job: string, { watch }: WatchOption): Promise<ExitCode> {
  try {
    return await start(context, 'resumeJob', { params: { job } }, watch)
  } catch (error) {
    if (!(error instanceof ProblemError && error.is('illegal_transition'))) throw error
    // A job in these states is only refused for want of a checkpoint, or because it was refused before.
    const { status } = await context.client.call('getJob', { params: { job } })
    throw ['failed', 'cancelled', 'refused'].includes(status) ? error.with({ exitCode: 2 }) : error
  }
}

type StartName = 'submitJob' | 'resumeJob' | 'cloneJob'

/** Says what runs now, or watches it. With --json and --watch, the job's views are all that is printed. */
async function start<Name extends StartName>(
  context: Context,
  name: Name,
  input: Input<Name>,
  watch: boolean | undefined,
): Promise<ExitCode> {
  if (watch && context.json) return watchJob(context, (await context.client.call(name, input)).id)
  const job = await context.show(name, input, (answer) => startedLines(answer, context, watch === true))
  return watch && job ? watchJob(context, job.id) : 0
}

function startedLines(job: Answer<StartName>, { paint }: Context, watched: boolean): string[] {
  const from = job.cloned_from ? `, cloned from ${job.cloned_from}` : ''
  const run = job.run > 1 ? `, run ${job.run}` : ''
  const recipe = `recipe ${job.recipe.name}@${job.recipe.version}`
  const what = job.evaluates ? `evaluates ${job.evaluates.name}@${job.evaluates.version} by ${recipe}` : recipe
  const line = `${paint('good', '✓')} ${job.id} ${job.status}: ${what} (${job.profile})${run}${from}`
  return watched ? [line] : [line, paint('dim', `  watch it: sluice jobs watch ${job.id}`)]
}

async function cancelJob(context: Context, job: string, { reason }: { reason?: string }): Promise<undefined> {
  await context.show('cancelJob', { params: { job }, body: reason === undefined ? {} : { reason } }, (cancelled) => [
    `${context.paint('good', '✓')} ${cancelled.id} ${cancelled.status}: ${cancelled.reason?.message ?? ''}`,
    context.paint('dim', `  ${goOn(cancelled)}: sluice jobs resume ${cancelled.id}`),
  ])
}

function goOn({ evaluates }: Answer<'cancelJob'>): string {
  return evaluates ? 'evaluate again, what is scored stays' : 'go on from its latest checkpoint'
}
