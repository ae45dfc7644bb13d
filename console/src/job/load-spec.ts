import type { RecipeSpec } from '../../../schemas/recipe.ts'
import { client } from '../api/client.ts'

/** A recipe with every default filled in, those of the diagnostic rules too. */
export async function loadSpec(recipe: { name: string; version: number }, signal: AbortSignal): Promise<RecipeSpec> {
  const input = { params: { name: recipe.name }, query: { version: recipe.version } }
  const { spec } = await client.call('getRecipe', input, { signal })
  const body = { ...spec, diagnostics: spec.diagnostics ?? {} }
  try {
    return (await client.call('validateRecipe', { body }, { signal })).spec
  } catch (error) {
    if (signal.aborted) throw error
    // What it refers to may be gone by now; the recipe itself is still what it was.
    return spec
  }
}
