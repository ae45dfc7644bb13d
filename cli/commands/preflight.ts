import type { Command } from 'commander'
import type { Act, Context, ExitCode } from '../context.ts'
import { exitCodeOf, watchJob } from '../watch/watch-job.ts'
import { addExample, datasetBinding } from './arguments.ts'
import { preflightLines } from './preflight-lines.ts'

interface RunOptions {
  dataset?: Record<string, string>
  wait: boolean
}

export function preflightCommands(program: Command, act: Act): void {
  const preflight = program.command('preflight').description('check a recipe and its data without paying for compute')
  const run = preflight
    .command('run')
    .description('run both rounds and show every check; exit code 0 when they pass, 2 when one does not')
    .argument('<recipe[@version]>', 'the newest version unless told')
    .option('--dataset <binding>', 'name@sha256, or name=other to use another dataset; may be repeated', datasetBinding)
    .option('--no-wait', 'return once it is accepted')
    .action(act<RunOptions>((context, [recipe], options) => runPreflight(context, recipe as string, options)))
  addExample(run, 'sluice preflight run my-recipe@2')
  const show = preflight
    .command('show')
    .description('the reports of a job: every check with its limit, evidence and remedy')
    .argument('<job>', 'its id')
    .action(act((context, [job]) => showPreflight(context, job as string)))
  addExample(show, 'sluice preflight show job-0123456789abcdefghij')
}

async function runPreflight(context: Context, recipe: string, { dataset, wait }: RunOptions): Promise<ExitCode> {
  const body = { recipe, preflight_only: true, ...(dataset && { datasets: dataset }) }
  if (!wait) {
    await context.show('submitJob', { body }, ({ id, status }) => [`${id} is ${status}: sluice preflight show ${id}`])
    return 0
  }
  const { id } = await context.client.call('submitJob', { body })
  // With --json the reports are all that is printed.
  const code = context.json ? await waitFor(context, id) : await watchJob(context, id)
  if (code !== 1) await showPreflight(context, id)
  return code
}

async function waitFor({ client, io }: Context, job: string): Promise<ExitCode> {
  for (;;) {
    const view = await client.call('getJob', { params: { job } })
    if (view.finished_at) return exitCodeOf(view)
    await io.clock.sleep(500)
  }
}

async function showPreflight(context: Context, job: string): Promise<undefined> {
  await context.show('getPreflight', { params: { job } }, (reports) =>
    preflightLines(reports, context.tableColumns ?? Number.POSITIVE_INFINITY, context.paint),
  )
}
