import type { Command } from 'commander'
import { stringify } from 'yaml'
import type { Input } from '../client.ts'
import type { Act, Context } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { readRecipeFile } from '../recipe-file.ts'
import { plural, time } from '../text/values.ts'
import { addExample, addPaging, nameAndVersion, type PageOptions } from './arguments.ts'
import { listPage } from './list-page.ts'

export function recipeCommands(program: Command, act: Act): void {
  const recipes = program.command('recipes').description('versioned descriptions of how to train')
  const publish = recipes
    .command('publish')
    .description('publish a recipe as its next immutable version; what the newest already says stays that version')
    .argument('<file>', 'YAML or JSON')
    .action(act((context, [file]) => publishRecipe(context, file as string)))
  addExample(publish, 'sluice recipes publish recipe.yaml')
  const validate = recipes
    .command('validate')
    .description('check a recipe without publishing it; every problem with line and column')
    .argument('<file>', 'YAML or JSON')
    .action(act((context, [file]) => validateRecipe(context, file as string)))
  addExample(validate, 'sluice recipes validate recipe.yaml')
  const list = addPaging(recipes.command('list').description('list recipe versions by name')).action(
    act<PageOptions>((context, _args, options) => listRecipes(context, options)),
  )
  addExample(list, 'sluice recipes list --limit 20')
  const get = recipes
    .command('get')
    .description('print a recipe as YAML, every default filled in')
    .argument('<name[@version]>', 'the newest version unless told')
    .action(act((context, [reference]) => getRecipe(context, reference as string)))
  addExample(get, 'sluice recipes get my-recipe@2 > recipe.yaml')
}

async function publishRecipe(context: Context, file: string): Promise<undefined> {
  await withFile(file, (body) =>
    context.show('publishRecipe', { body }, (recipe) => [
      `${context.paint('good', '✓')} ${recipe.name}@${recipe.version} is published`,
      context.paint('dim', `  train with it: sluice jobs submit ${recipe.name}@${recipe.version} --watch`),
    ]),
  )
}

async function validateRecipe(context: Context, file: string): Promise<undefined> {
  await withFile(file, (body) =>
    context.show('validateRecipe', { body }, ({ spec }) => [
      `${context.paint('good', '✓')} ${file} is a valid recipe "${spec.name}" of ${plural(spec.stages.length, 'stage')}`,
    ]),
  )
}

/** Problems that the server finds are shown at their place in the file. */
async function withFile(file: string, send: (body: Input<'publishRecipe'>['body']) => Promise<unknown>): Promise<void> {
  const { content, locate } = await readRecipeFile(file)
  try {
    // The server checks the content and names every problem at once.
    await send(content as Input<'publishRecipe'>['body'])
  } catch (error) {
    throw error instanceof ProblemError
      ? error.with({ locate: (pointer) => [locate(pointer), pointer].filter(Boolean).join(' ') })
      : error
  }
}

function listRecipes(context: Context, options: PageOptions): Promise<undefined> {
  return listPage(
    context,
    'listRecipes',
    { query: { ...options } },
    {
      columns: [
        { title: 'RECIPE', value: (recipe) => `${recipe.name}@${recipe.version}` },
        { title: 'PROFILE', value: (recipe) => recipe.spec.profile },
        { title: 'BASE MODEL', value: (recipe) => recipe.spec.base_model },
        { title: 'PUBLISHED', value: (recipe) => time(recipe.created_at) },
        {
          title: 'STAGES',
          value: (recipe) => recipe.spec.stages.map((stage) => `${stage.algorithm} ${stage.steps}`).join(' → '),
        },
      ],
      words: ['recipes', 'list'],
      limit: options.limit,
      empty: 'no recipes; publish one: sluice recipes publish FILE',
    },
  )
}

async function getRecipe(context: Context, reference: string): Promise<undefined> {
  const pinned = nameAndVersion(reference)
  const name = pinned?.name ?? reference
  await context.show('getRecipe', { params: { name }, query: { version: pinned?.version } }, (recipe) => [
    context.paint(
      'dim',
      `# ${recipe.name}@${recipe.version}, published ${time(recipe.created_at)}, digest ${recipe.digest}`,
    ),
    stringify(recipe.spec).trimEnd(),
  ])
}
