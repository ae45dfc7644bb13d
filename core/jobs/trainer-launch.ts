import type { RecipeSpec } from '../../schemas/recipe.ts'
import type { Platform } from '../platform/ports.ts'

/** What the state machine hands to Batch's SubmitJob. */
export interface TrainerLaunch {
  name: string
  definition: string
  timeoutSeconds: number
  environment: { Name: string; Value: string }[]
}

/** The compute job `name` that runs the spec at `specKey`. */
export async function trainerLaunch(
  platform: Pick<Platform, 'blobs' | 'signer'>,
  recipe: RecipeSpec,
  name: string,
  specKey: string,
): Promise<TrainerLaunch> {
  return {
    name,
    definition: recipe.resources.definition,
    timeoutSeconds: recipe.resources.timeout_seconds,
    environment: [
      { Name: 'SLUICE_SPEC_URI', Value: platform.blobs.uri(specKey) },
      { Name: 'SLUICE_TICKET_PUBLIC_KEY', Value: await platform.signer.publicKey() },
    ],
  }
}
