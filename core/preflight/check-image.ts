import type { Check } from '../../schemas/preflight.ts'
import type { RecipeSpec } from '../../schemas/recipe.ts'
import { codeVersion } from '../platform/code-version.ts'
import type { ComputeDefinition } from '../platform/ports.ts'
import { judge } from './check.ts'

const byDigest = /@sha256:[0-9a-f]{64}$/

/** A tag can move between this check and the start of the trainer; a digest cannot. A program of this machine has no image. */
export function checkImage({ profile, resources }: RecipeSpec, { image }: ComputeDefinition): Check {
  return judge(
    image === null || byDigest.test(image),
    {
      name: 'image_digest',
      subject: resources.definition,
      value: image ?? `a program of this machine, Sluice ${codeVersion}`,
      threshold: 'an image by @sha256 in prod',
      message: image === null ? 'runs no container' : `runs ${image}`,
      remedy:
        'Name the image by digest (docker buildx imagetools inspect IMAGE shows it) and deploy the definition again.',
    },
    profile === 'prod' ? 'fail' : 'warn',
  )
}
