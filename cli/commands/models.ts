import type { Command } from 'commander'
import type { Alias, BaseModel, ModelVersion } from '../../schemas/registry.ts'
import { wholeNumber } from './arguments.ts'
import type { Act, Context } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { table } from '../text/table.ts'
import { percent, points, time } from '../text/values.ts'
import { addExample, addPaging, nameAndVersion, type PageOptions } from './arguments.ts'
import { noteNextPage } from './next-page.ts'

interface PromoteOptions {
  alias: string
  from?: number | null
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
    .option('--from <version>', 'only when the alias points at this version now, or at none', fromVersion)
    .action(act<PromoteOptions>((context, [reference], options) => promoteModel(context, reference as string, options)))
  addExample(promote, 'sluice models promote arithmetic@3', 'sluice models promote arithmetic@3 --alias staging --from 2')
  const base = addPaging(models.command('base').description('list the base models that recipes can name')).action(
    act<PageOptions>((context, _args, options) => listBaseModels(context, options)),
  )
  addExample(base, 'sluice models base')
}

function fromVersion(text: string): number | null {
  return text === 'none' ? null : wholeNumber(1, 999_999_999)(text)
}

async function listModels(context: Context, options: PageOptions): Promise<undefined> {
  await context.show('listModels', { query: { ...options } }, ({ items, next }) => {
    if (items.length === 0) context.note('no models; a job registers one when its gate passes: sluice jobs submit RECIPE --watch')
    noteNextPage(context, ['models', 'list'], options, next)
    return items.length === 0 ? [] : versionTable(context, items)
  })
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
    return [...(aliases.length > 0 ? [...pointers, ''] : []), ...versionTable(context, versions)]
  })
}

function versionTable({ paint, tableColumns: columns }: Context, versions: readonly ModelVersion[]): string[] {
  return table<ModelVersion>(
    [
      { title: 'MODEL', value: (each) => `${each.name}@${each.version}` },
      { title: 'STATE', value: (each) => each.state },
      { title: 'BASE', value: (each) => percent(each.comparison.base.accuracy), right: true },
      { title: 'TUNED', value: (each) => percent(each.comparison.candidate.accuracy), right: true },
      { title: 'GAIN', value: (each) => points(each.comparison.difference), right: true },
      { title: 'SUITE', value: (each) => each.comparison.suite },
      { title: 'REGISTERED', value: (each) => time(each.created_at) },
      { title: 'JOB', value: (each) => each.job },
    ],
    versions,
    { paint, columns },
  )
}

async function promoteModel(context: Context, reference: string, options: PromoteOptions): Promise<undefined> {
  const pinned = nameAndVersion(reference)
  if (!pinned) throw ProblemError.local('usage', `"${reference}" names no version; write it like ${reference.split('@')[0] || 'name'}@1`)
  const { alias, from } = options
  const input = { params: { name: pinned.name, alias }, body: { version: pinned.version, ...(from !== undefined && { from }) } }
  try {
    await context.show('moveAlias', input, (moved) => [
      `${context.paint('good', '✓')} ${moved.model}: alias ${moved.alias} points at version ${moved.version} (before: ${moved.previous ?? 'none'})`,
    ])
  } catch (error) {
    throw error instanceof ProblemError && error.is('illegal_transition') ? error.with({ exitCode: 2 }) : error
  }
}

async function listBaseModels(context: Context, options: PageOptions): Promise<undefined> {
  const { paint, tableColumns: columns } = context
  await context.show('listBaseModels', { query: { ...options } }, ({ items, next }) => {
    noteNextPage(context, ['models', 'base'], options, next)
    return table<BaseModel>(
      [
        { title: 'BASE MODEL', value: (model) => model.id },
        { title: 'DIGEST', value: (model) => model.digest.slice(0, 12) },
        { title: 'LABEL', value: (model) => model.label },
      ],
      items,
      { paint, columns },
    )
  })
}
