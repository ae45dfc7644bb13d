import { type Check, EnvironmentVersions } from '../../schemas/preflight.ts'
import type { RecipeSpec } from '../../schemas/recipe.ts'
import { sha256 } from '../platform/digest.ts'
import { isFault } from '../platform/fault.ts'
import { parseStored } from '../platform/parse.ts'
import type { Blobs, ComputeDefinition } from '../platform/ports.ts'
import { judge } from './check.ts'
import { satisfies } from './version-range.ts'

export const environmentKey = (definition: string) => `environments/${definition}/version.json`

/** What the definition has installed against what the recipe asks for: every mismatch at once. Nothing when neither says anything. */
export async function checkEnvironment(
  blobs: Pick<Blobs, 'get'>,
  { resources, profile }: RecipeSpec,
  { image }: ComputeDefinition,
): Promise<{ checks: Check[]; files: Record<string, string> }> {
  const key = environmentKey(resources.definition)
  const bytes = await blobs.get(key)
  const asked = Object.entries(resources.environment ?? {})
  if (!bytes) return { checks: asked.length > 0 ? [absent(key, profile)] : [], files: {} }
  const installed = readVersions(bytes, key)
  const mismatches = typeof installed === 'string' ? [installed] : mismatchesOf(installed, asked, image)
  const check = judge(mismatches.length === 0, {
    name: 'environment',
    subject: resources.definition,
    value: mismatches.length,
    threshold: '0 mismatches with resources.environment',
    message: mismatches.length === 0 ? `${asked.length} packages are as asked for` : mismatches.slice(0, 3).join('; '),
    remedy: `Use an image that has them, correct ${key}, or change resources.environment.`,
    evidence: mismatches,
  })
  return { checks: [check], files: { [key]: sha256(bytes) } }
}

function absent(key: string, profile: RecipeSpec['profile']): Check {
  return judge(
    false,
    {
      name: 'environment',
      subject: key,
      value: null,
      threshold: 'present, because the recipe asks for versions',
      message: `there is no ${key}: nobody knows what the definition has installed`,
      remedy: `Store {"versions": {"torch": "2.6.0", ...}} at ${key} when the image is built.`,
    },
    profile === 'prod' ? 'fail' : 'warn',
  )
}

function readVersions(bytes: Uint8Array, key: string): EnvironmentVersions | string {
  try {
    return parseStored(EnvironmentVersions, bytes, key)
  } catch (error) {
    if (isFault(error, 'corrupt')) return error.message
    throw error
  }
}

function mismatchesOf(
  { image: described, versions }: EnvironmentVersions,
  asked: [string, string][],
  image: string | null,
): string[] {
  const mismatches = asked.flatMap(([name, range]) => {
    const version = Object.hasOwn(versions, name) ? versions[name] : undefined
    if (version === undefined) return `${name} is not installed, ${range} is asked for`
    return satisfies(version, range) ? [] : `${name} is ${version}, ${range} is asked for`
  })
  if (described !== undefined && image !== null && described !== image)
    mismatches.push(`version.json describes ${described}, the definition runs ${image}`)
  return mismatches
}
