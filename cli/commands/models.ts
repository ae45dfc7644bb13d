import type { Command } from 'commander'
import type { Alias, ModelVersion } from '../../schemas/registry.ts'
import type { Act, Context } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { type Column, table } from '../text/table.ts'
import { percent, points, time } from '../text/values.ts'
import { addExample, addPaging, nameAndVersion, type PageOptions, wholeNumber } from './arguments.ts'
import { baseModelCommands } from './base-models.ts'
import { listPage } from './list-page.ts'

const versionColumns: readonly Column<ModelVersion>[] = [
  { title: 'MODEL', value: (each) => `${each.name}@${each.version}` },
  { title: 'STATE', value: (each) => each.state },
  { title: 'BASE', value: (each) => percent(each.comparison.base.accuracy), right: true },
  { title: 'TUNED', value: (each) => percent(each.comparison.candidate.accuracy), right: true },
  { title: 'GAIN', value: (each) => points(each.comparison.difference), right: true },
  { title: 'SUITE', value: (each) => each.comparison.suite },
  { title: 'REGISTERED', value: (each) => time(each.created_at) },
  { title: 'JOB', value: (each) => each.job },
]

interface PromoteOptions {
  alias: string
  from?: number | 'none'
  rollback?: boolean
}

export function modelCommands(program: Command, act: Act): void {
  const models = program.command('models').description('tuned models, their versions and aliases')
  const list = addPaging(models.command('list').description('list model versions by name')).action(
    act<PageOptions>((context, _args, options) => listModels(context, options)),
  )
  addExample(list, 'sluice models list')
  const get = models
    .command('get')
    .description('a model: where its aliases point, and its versions')
    .argument('<name>', 'of the model')
    .action(act((context, [name]) => getModel(context, name as string)))
  addExample(get, 'sluice models get arithmetic')
  const promote = models
    .command('promote')
    .description('point an alias at a version, when the rules allow it; exit code 2 when they do not')
    .argument('<name@version>', 'what to promote')
    .option('--alias <alias>', 'which alias', 'production')
    .option('--from <version>', 'only when the alias points there now; none: when it does not exist yet', fromVersion)
    .option('--rollback', 'back to the version it pointed at before, which need not beat the present one')
    .action(act<PromoteOptions>((context, [reference], options) => promoteModel(context, reference as string, options)))
  addExample(
    promote,
    'sluice models promote arithmetic@3',
    'sluice models promote arithmetic@3 --alias staging --from 2',
    'sluice models promote arithmetic@2 --rollback',
  )
  const base = addPaging(models.command('base').description('list the base models that recipes can name')).action(
    act<PageOptions>((context, _args, options) => listBaseModels(context, options)),
  )
  addExample(base, 'sluice models base')
  baseModelCommands(models, act)
}

function fromVersion(text: string): number | 'none' {
  return text === 'none' ? text : wholeNumber(1, 999_999_999)(text)
}

function listModels(context: Context, options: PageOptions): Promise<undefined> {
  return listPage(
    context,
    'listModels',
    { query: { ...options } },
    {
      columns: versionColumns,
      words: ['models', 'list'],
      limit: options.limit,
      empty: 'no models; a job registers one when its gate passes: sluice jobs submit RECIPE --watch',
    },
  )
}

async function getModel(context: Context, name: string): Promise<undefined> {
  const { paint, tableColumns: columns } = context
  await context.show('getModel', { params: { name } }, ({ versions, aliases }) => {
    const pointers = table<Alias>(
      [
        { title: 'ALIAS', value: (alias) => alias.alias },
        { title: 'VERSION', value: (alias) => String(alias.version), right: true },
        { title: 'BEFORE', value: (alias) => (alias.previous === null ? '-' : String(alias.previous)), right: true },
        { title: 'MOVED', value: (alias) => time(alias.moved_at) },
        { title: 'REASON', value: (alias) => alias.reason },
      ],
      aliases,
      { paint, columns },
    )
    return [...(aliases.length > 0 ? [...pointers, ''] : []), ...table(versionColumns, versions, { paint, columns })]
  })
}

async function promoteModel(context: Context, reference: string, options: PromoteOptions): Promise<undefined> {
  const pinned = nameAndVersion(reference)
  if (!pinned)
    throw ProblemError.local(
      'usage',
      `"${reference}" names no version; write it like ${reference.split('@')[0] || 'name'}@1`,
    )
  const { alias, from, rollback } = options
  const input = {
    params: { name: pinned.name, alias },
    body: {
      version: pinned.version,
      ...(from !== undefined && { from: from === 'none' ? null : from }),
      ...(rollback && { rollback }),
    },
  }
  try {
    await context.show('moveAlias', input, (moved) => [
      `${context.paint('good', '✓')} ${moved.model}: alias ${moved.alias} points at version ${moved.version} (before: ${moved.previous ?? 'none'})`,
    ])
  } catch (error) {
    throw error instanceof ProblemError && error.is('illegal_transition') ? error.with({ exitCode: 2 }) : error
  }
}

function listBaseModels(context: Context, options: PageOptions): Promise<undefined> {
  return listPage(
    context,
    'listBaseModels',
    { query: { ...options } },
    {
      columns: [
        { title: 'BASE MODEL', value: (model) => model.id },
        { title: 'DIGEST', value: (model) => model.digest.slice(0, 12) },
        { title: 'TOKENS', value: (model) => String(model.context_length), right: true },
        { title: 'LIES AT', value: (model) => model.uri },
        { title: 'LABEL', value: (model) => model.label || '-' },
      ],
      words: ['models', 'base'],
      limit: options.limit,
      empty: 'no base models are registered; register one: sluice models register-base --help',
    },
  )
}
