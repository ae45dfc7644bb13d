import type { RecipeSpec } from '../../schemas/recipe.ts'
import type { Capacity } from '../../schemas/steps.ts'
import type { Platform } from '../platform/ports.ts'

/** What the state machine hands to Batch's SubmitJob. */
export interface TrainerLaunch {
  name: string
  definition: string
  /** Which of the two queues. */
  capacity: Capacity
  /** Of the queue's fair share: alphanumeric. */
  share: string
  timeoutSeconds: number
  environment: { Name: string; Value: string }[]
}

/** The compute job `name` that runs the spec at `specKey`. */
export async function trainerLaunch(
  platform: Pick<Platform, 'blobs' | 'signer'>,
  recipe: RecipeSpec,
  { name, specKey, capacity }: { name: string; specKey: string; capacity: Capacity },
): Promise<TrainerLaunch> {
  return {
    name,
    definition: recipe.resources.definition,
    capacity,
    share: recipe.profile,
    timeoutSeconds: recipe.resources.timeout_seconds,
    environment: [
      { Name: 'SLUICE_SPEC_URI', Value: platform.blobs.uri(specKey) },
      { Name: 'SLUICE_TICKET_PUBLIC_KEY', Value: await platform.signer.publicKey() },
    ],
  }
}
