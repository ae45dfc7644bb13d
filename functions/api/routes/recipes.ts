import type { Platform } from '../../../core/platform/ports.ts'
import { publishRecipe } from '../../../core/recipes/publish-recipe.ts'
import { requireSound } from '../../../core/recipes/recipe-rules.ts'
import { getRecipe, listRecipes } from '../../../core/recipes/recipe-store.ts'
import { operations } from '../../../schemas/api.ts'
import type { Binder } from '../bind.ts'
import { toPage } from '../page.ts'

/** Recipes: publish, check, read. */
export function recipeRoutes(bind: Binder, platform: Pick<Platform, 'table' | 'clock'>): void {
  bind(
    operations.publishRecipe,
    ({ body, caller }) => publishRecipe(platform, body, caller),
    (recipe) => `/v1/recipes/${recipe.name}?version=${recipe.version}`,
  )
  bind(operations.validateRecipe, async ({ body }) => {
    await requireSound(body)
    return { valid: true as const, spec: body }
  })
  bind(operations.listRecipes, ({ query }) => toPage(query, (page) => listRecipes(platform.table, page)))
  bind(operations.getRecipe, ({ params, query }) =>
    getRecipe(platform.table, query.version ? `${params.name}@${query.version}` : params.name),
  )
}
