import type { Command } from 'commander'
import type { ScheduleView } from '../../schemas/schedule.ts'
import type { Act, Context } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { pairs } from '../text/table.ts'
import { time } from '../text/values.ts'
import { addExample, addPaging, datasetBinding, keyValue, type PageOptions } from './arguments.ts'
import { listPage } from './list-page.ts'

interface PutOptions {
  cron: string
  timezone?: string
  recipe?: string
  evaluate?: string
  dataset?: Record<string, string>
  label?: Record<string, string>
  disabled?: boolean
}

export function scheduleCommands(program: Command, act: Act): void {
  const schedules = program.command('schedules').description('jobs that the clock submits')
  const put = schedules
    .command('put')
    .description('create a schedule or replace what it does; it must be able to start its job now')
    .argument('<name>', 'of the schedule')
    .requiredOption('--cron <fields>', 'minute, hour, day of month, month, day of week')
    .option('--timezone <zone>', 'IANA name (UTC unless told)')
    .option('--recipe <recipe[@version]>', 'train with it; the newest version at each run unless told')
    .option('--evaluate <model@version>', 'evaluate a registered version, or the one of an alias, instead of training')
    .option('--dataset <binding>', 'name@sha256, or name=other to use another dataset; may be repeated', datasetBinding)
    .option('--label <name=value>', 'kept with each job; may be repeated', keyValue)
    .option('--disabled', 'keep it, but start nothing')
    .action(act<PutOptions>((context, [name], options) => putSchedule(context, name as string, options)))
  addExample(
    put,
    'sluice schedules put nightly --cron "0 2 * * *" --timezone Europe/Berlin --recipe my-recipe',
    'sluice schedules put weekly-check --cron "0 6 * * MON" --evaluate my-model@production',
  )
  const list = addPaging(schedules.command('list').description('list schedules by name')).action(
    act<PageOptions>((context, _args, options) => listSchedules(context, options)),
  )
  addExample(list, 'sluice schedules list')
  const show = schedules
    .command('show')
    .description('a schedule: what it does, its next runs, what became of the last one')
    .argument('<name>', 'of the schedule')
    .action(act((context, [name]) => showSchedule(context, name as string)))
  addExample(show, 'sluice schedules show nightly')
  const remove = schedules
    .command('delete')
    .description('delete a schedule; the jobs that it started stay')
    .argument('<name>', 'of the schedule')
    .action(act((context, [name]) => deleteSchedule(context, name as string)))
  addExample(remove, 'sluice schedules delete nightly')
}

async function putSchedule(context: Context, name: string, options: PutOptions): Promise<undefined> {
  const { cron, timezone, recipe, evaluate, dataset, label, disabled } = options
  if ((recipe === undefined) === (evaluate === undefined))
    throw ProblemError.local('usage', 'give exactly one of --recipe (to train) and --evaluate (to evaluate a model)')
  const request = {
    ...(recipe !== undefined && { recipe }),
    ...(evaluate !== undefined && { evaluate }),
    ...(dataset && { datasets: dataset }),
    ...(label && { labels: label }),
  }
  const body = {
    cron,
    ...(timezone !== undefined && { timezone }),
    action: { kind: 'job' as const, request },
    ...(disabled && { enabled: false }),
  }
  await context.show('putSchedule', { params: { name }, body }, (schedule) => [
    `${context.paint('good', '✓')} ${schedule.name}: ${actionText(schedule)}, ${timingText(schedule)}`,
    context.paint('dim', `  ${nextText(schedule)}`),
  ])
}

function listSchedules(context: Context, options: PageOptions): Promise<undefined> {
  return listPage(
    context,
    'listSchedules',
    { query: { ...options } },
    {
      columns: [
        { title: 'SCHEDULE', value: (each) => each.name },
        { title: 'CRON', value: timingText },
        { title: 'NEXT', value: (each) => (each.next_runs[0] ? time(each.next_runs[0]) : '-') },
        { title: 'DOES', value: actionText },
        {
          title: 'LAST RUN',
          value: lastText,
          tone: (each) => (each.last_run?.problem ? 'bad' : undefined),
        },
      ],
      words: ['schedules', 'list'],
      limit: options.limit,
      empty: 'no schedules; make one: sluice schedules put NAME --cron "0 2 * * *" --recipe RECIPE',
    },
  )
}

async function showSchedule(context: Context, name: string): Promise<undefined> {
  const { paint } = context
  await context.show('getSchedule', { params: { name } }, (schedule) => [
    ...pairs(
      [
        ['schedule', schedule.name],
        ['does', actionText(schedule)],
        ['datasets', equations(schedule.action.request.datasets)],
        ['labels', equations(schedule.action.request.labels)],
        ['when', timingText(schedule)],
        ['next', nextText(schedule)],
        ['last run', lastText(schedule)],
      ],
      paint,
    ),
    ...(schedule.last_run?.problem?.errors ?? []).map(
      ({ pointer, message, remedy }) => `  ${paint('bad', '✗')} ${pointer} ${message} ${paint('dim', remedy)}`,
    ),
  ])
}

async function deleteSchedule(context: Context, name: string): Promise<undefined> {
  await context.show('deleteSchedule', { params: { name } }, () => [
    `${context.paint('good', '✓')} schedule ${name} is deleted`,
  ])
}

function actionText({ action: { request } }: ScheduleView): string {
  return request.recipe === undefined ? `evaluates ${request.evaluate}` : `trains with ${request.recipe}`
}

function equations(record: Record<string, string>): string | undefined {
  return (
    Object.entries(record)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ') || undefined
  )
}

function timingText({ cron, timezone, enabled }: ScheduleView): string {
  return `${cron} ${timezone}${enabled ? '' : ' (disabled)'}`
}

function nextText({ enabled, next_runs }: ScheduleView): string {
  return enabled ? next_runs.map(time).join(', ') : 'nothing: it is disabled'
}

function lastText({ last_run }: ScheduleView): string {
  if (!last_run) return '-'
  return `${time(last_run.scheduled_at)} ${last_run.job ?? `refused: ${last_run.problem?.message ?? ''}`}`
}
