import { Fault } from '../../../core/platform/fault.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { publishRecipe } from '../../../core/recipes/publish-recipe.ts'
import { breachesOfRecipe } from '../../../core/recipes/recipe-rules.ts'
import { getRecipe, listRecipes } from '../../../core/recipes/recipe-store.ts'
import { operations } from '../../../schemas/api.ts'
import type { Binder } from '../bind.ts'
import { toPage } from '../page.ts'

export function recipeRoutes(bind: Binder, platform: Platform): void {
  bind(
    operations.publishRecipe,
    ({ body, caller }) => publishRecipe(platform, body, caller),
    (recipe) => `/v1/recipes/${recipe.name}?version=${recipe.version}`,
  )
  bind(operations.validateRecipe, async ({ body }) => {
    const errors = breachesOfRecipe(body)
    if (errors.length > 0)
      throw new Fault('invalid', `recipe "${body.name}": ${errors.length} problem${errors.length === 1 ? '' : 's'}`, {
        errors,
      })
    return { valid: true as const, spec: body }
  })
  bind(operations.listRecipes, ({ query }) => toPage(query, (page) => listRecipes(platform.table, page)))
  bind(operations.getRecipe, ({ params, query }) =>
    getRecipe(platform.table, query.version ? `${params.name}@${query.version}` : params.name),
  )
}
