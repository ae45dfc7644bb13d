import * as z from 'zod'
import { Name } from '../primitives.ts'
import { Recipe, RecipeSpec } from '../recipe.ts'
import { type Operation, Paging, page } from './operation.ts'

const nameParams = z.strictObject({ name: Name })

export const recipeOperations = {
  publishRecipe: {
    method: 'post',
    path: '/v1/recipes',
    summary: 'Publish a recipe as its next immutable version',
    scope: 'submit',
    body: RecipeSpec,
    status: 201,
    response: Recipe,
  },
  validateRecipe: {
    method: 'post',
    path: '/v1/recipes/validate',
    summary: 'Check a recipe without publishing it',
    scope: 'read',
    body: RecipeSpec,
    status: 200,
    response: z.strictObject({ valid: z.literal(true), spec: RecipeSpec.describe('with every default filled in') }),
  },
  listRecipes: {
    method: 'get',
    path: '/v1/recipes',
    summary: 'List recipe versions by name',
    scope: 'read',
    query: Paging,
    status: 200,
    response: page(Recipe),
  },
  getRecipe: {
    method: 'get',
    path: '/v1/recipes/{name}',
    summary: 'A recipe: the newest version unless told',
    scope: 'read',
    params: nameParams,
    query: z.strictObject({ version: z.coerce.number().int().min(1).optional() }),
    status: 200,
    response: Recipe,
  },
} as const satisfies Record<string, Operation>
