import type { Recipe } from '../../schemas/recipe.ts'
import { Fault } from '../platform/fault.ts'
import { mapPage, type PageRequest, pageOptions, queryAll } from '../platform/paging.ts'
import type { Draft, Item, JsonObject, Page, Table } from '../platform/ports.ts'

const versionKey = (version: number) => `V#${String(version).padStart(9, '0')}`

/** Newest last in its recipe; `gsi2` lists all recipes by name. */
export function toDraft(recipe: Recipe): Draft {
  return {
    pk: `RECIPE#${recipe.name}`,
    sk: versionKey(recipe.version),
    data: recipe as unknown as JsonObject,
    gsi2: { pk: 'RECIPES', sk: `${recipe.name}#${versionKey(recipe.version)}` },
  }
}

function toRecipe(item: Item): Recipe {
  return item.data as unknown as Recipe
}

/** The newest version, or undefined. */
export async function newestRecipe(table: Table, name: string): Promise<Recipe | undefined> {
  const page = await table.query({ pk: `RECIPE#${name}`, sk: { prefix: 'V#' }, descending: true, limit: 1 })
  return page.items[0] && toRecipe(page.items[0])
}

/** Version `first` and every later one, oldest first. */
export async function versionsFrom(table: Table, name: string, first: number): Promise<Recipe[]> {
  const recipes: Recipe[] = []
  for await (const item of queryAll(table, { pk: `RECIPE#${name}`, sk: { from: versionKey(first) } }))
    recipes.push(toRecipe(item))
  return recipes
}

/** `reference` is `name` or `name@version`. Fault `not_found`. */
export async function getRecipe(table: Table, reference: string): Promise<Recipe> {
  const [name = '', version] = reference.split('@')
  if (version === undefined) {
    const newest = await newestRecipe(table, name)
    if (newest) return newest
    throw new Fault('not_found', `recipe "${name}" does not exist; publish it with: sluice recipes publish FILE`)
  }
  const item = await table.get({ pk: `RECIPE#${name}`, sk: versionKey(Number(version)) })
  if (item) return toRecipe(item)
  throw new Fault('not_found', `recipe "${name}" has no version ${version}; list them with: sluice recipes list`)
}

/** All versions of all recipes by name and version. */
export async function listRecipes(table: Table, request: PageRequest): Promise<Page<Recipe>> {
  return mapPage(await table.query({ pk: 'RECIPES', index: 'gsi2', ...pageOptions(request) }), toRecipe)
}
