import type { Recipe, RecipeSpec } from '../../schemas/recipe.ts'
import { markSuite } from '../datasets/suites.ts'
import { digestJson } from '../platform/digest.ts'
import { Fault, isFault } from '../platform/fault.ts'
import { type Caller, claimKey } from '../platform/idempotency.ts'
import type { Platform } from '../platform/ports.ts'
import { requireSound } from './recipe-rules.ts'
import { newestRecipe, toDraft, versionsFrom } from './recipe-store.ts'

/**
 * Publishes the next immutable version. Publishing what the newest version already says returns that version, and repeating a
 * request returns what it published, whatever came after.
 */
export async function publishRecipe(
  platform: Pick<Platform, 'table' | 'clock'>,
  spec: RecipeSpec,
  caller: Caller,
): Promise<Recipe> {
  await requireSound(spec)
  const newest = (await newestRecipe(platform.table, spec.name))?.version ?? 0
  const first = await claimKey(platform, caller, spec, { newest })

  const digest = digestJson(spec)
  for (let round = 0; round < 16; round++) {
    const since = await versionsFrom(platform.table, spec.name, first.newest)
    const published = since.find((recipe) => recipe.digest === digest)
    if (published) return published
    const recipe: Recipe = {
      name: spec.name,
      version: (since.at(-1)?.version ?? 0) + 1,
      digest,
      created_at: platform.clock.now().toISOString(),
      spec,
    }
    try {
      // First, so that no recipe stands whose items a build would leave in its training data.
      await markSuite(platform.table, spec.evaluation.dataset.split('@')[0] as string)
      await platform.table.put(toDraft(recipe), 'absent')
      return recipe
    } catch (error) {
      if (!isFault(error, 'conflict')) throw error
    }
  }
  throw new Fault('busy', `recipe "${spec.name}" is being published by many at once; try again`)
}
