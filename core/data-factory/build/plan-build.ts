import type { Build } from '../../../schemas/build.ts'
import { codeVersion } from '../../platform/code-version.ts'
import { Fault, isFault } from '../../platform/fault.ts'
import type { Platform } from '../../platform/ports.ts'
import { getBuild, isOver, specKey } from './build-store.ts'
import { changeBuild } from './change-build.ts'

/** Above this many bytes of sources a machine of its own does the work: a function has 15 minutes and one small disk. */
export const functionBytes = 64 * 1024 * 1024

export type BuildPlan =
  | { where: 'nowhere' }
  | { where: 'function' }
  | { where: 'job'; launch: { name: string; environment: { Name: string; Value: string }[] } }

/** What the work starts from: everything pinned. */
export interface BuildSpec {
  build: Build
  code_version: string
}

/**
 * Says that the build runs, writes what it starts from, and decides where. A build that is over needs no work. Fault `not_found` where
 * it is too large for a function and no data builder is deployed.
 */
export async function planBuild(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock' | 'compute'>,
  { build: id }: { build: string },
): Promise<BuildPlan> {
  const build = await getBuild(platform.table, id)
  if (isOver(build.status)) return { where: 'nowhere' }
  const spec: BuildSpec = { build: { ...build, status: 'running' }, code_version: codeVersion }
  await platform.blobs.put(specKey(id), JSON.stringify(spec), 'any')
  const started = await changeBuild(platform, id, { event: 'started' })
  if (isOver(started.status)) return { where: 'nowhere' }
  const bytes = build.sources.reduce((sum, source) => sum + source.bytes, 0)
  if (bytes <= functionBytes) return { where: 'function' }
  await requireBuilder(platform, id, bytes)
  return {
    where: 'job',
    launch: { name: id, environment: [{ Name: 'SLUICE_BUILD_URI', Value: platform.blobs.uri(specKey(id)) }] },
  }
}

async function requireBuilder({ compute }: Pick<Platform, 'compute'>, id: string, bytes: number): Promise<void> {
  try {
    await compute.describeDefinition('data-builder')
  } catch (cause) {
    if (!isFault(cause, 'not_found')) throw cause
    const limit = `sources of ${bytes} bytes are more than the ${functionBytes} that a function builds`
    const remedy = 'set dataBuilder in cdk.json and deploy (docs/deploy.md), or build from smaller parts'
    throw new Fault('not_found', `build ${id}: its ${limit}, and no data builder is deployed: ${remedy}`, { cause })
  }
}
