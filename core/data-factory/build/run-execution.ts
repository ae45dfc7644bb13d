import type { Build } from '../../../schemas/build.ts'
import { Fault, isFault } from '../../platform/fault.ts'
import { forEvery } from '../../platform/for-every.ts'
import type { Platform } from '../../platform/ports.ts'
import { getBuild, isOver, liveBuilds } from './build-store.ts'
import { changeBuild } from './change-build.ts'
import { failBuild } from './conclude-build.ts'

const machine = 'dataset-build'

/** Starts the state machine of a build, idempotent by name, or stops what one that was cancelled or failed left running. */
export async function followBuild(
  platform: Pick<Platform, 'table' | 'workflows' | 'compute'>,
  id: string,
): Promise<void> {
  const build = await getBuild(platform.table, id)
  if (!isOver(build.status)) await platform.workflows.start({ machine, name: id, input: { build: id } })
  if (!wasStopped(build)) return
  const reason = `the build was ${build.status}`
  try {
    if (build.status === 'cancelled') await platform.workflows.stop(id, reason)
  } catch (error) {
    if (!isFault(error, 'not_found')) throw error
  }
  for (const { name } of await platform.compute.listActive())
    if (ownerOf(name) === id) await platform.compute.terminate(name, reason)
}

/** Cancels a build. Fault `illegal_transition` when it is over, or about to be. */
export async function cancelBuild(platform: Pick<Platform, 'table' | 'clock'>, id: string): Promise<Build> {
  const build = await changeBuild(platform, id, { event: 'cancelled' })
  if (build.status === 'cancelled') return build
  const why = isOver(build.status)
    ? `is ${build.status}: there is nothing to cancel`
    : 'is done, and its versions are becoming visible: it can no longer be cancelled'
  throw new Fault('illegal_transition', `build ${id} ${why}`)
}

/**
 * Brings every build that is not over together with its execution, and ends machines that work for one that is over. What fails holds
 * up nothing else, and is thrown at the end.
 */
export async function reconcileBuilds(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock' | 'workflows' | 'compute'>,
): Promise<void> {
  const ended = await Promise.allSettled([
    forEvery(liveBuilds(platform.table), ({ id }) => reconcileBuild(platform, id)),
    forEvery(builders(platform), ({ name, build }) => endOrphan(platform, name, build)),
  ])
  const failed = ended.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
}

/** The same for one build. */
export async function reconcileBuild(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock' | 'workflows' | 'compute'>,
  id: string,
): Promise<void> {
  const build = await getBuild(platform.table, id)
  if (isOver(build.status)) return
  const execution = await platform.workflows.describe(id)
  if (!execution) return followBuild(platform, id)
  if (execution.status === 'pending' || execution.status === 'running') return
  const cause = execution.cause ?? `the execution ended as ${execution.status} while the build was still open`
  await failBuild(platform, { build: id, error: execution.error ?? `execution_${execution.status}`, cause })
}

/** A machine whose submit was answered after its build had ended. */
async function endOrphan({ table, compute }: Pick<Platform, 'table' | 'compute'>, name: string, id: string) {
  const build = await getBuild(table, id)
  if (isOver(build.status)) await compute.terminate(name, `the build was ${build.status}`)
}

async function* builders({ compute }: Pick<Platform, 'compute'>): AsyncGenerator<{ name: string; build: string }> {
  for (const { name } of await compute.listActive()) {
    const build = ownerOf(name)
    if (build !== undefined) yield { name, build }
  }
}

/** The compute job of a build has its id as name, with the number of the retry behind it if it is one. */
function ownerOf(computeJob: string): string | undefined {
  return /^(bld-[a-z0-9]{20})(-\d+)?$/.exec(computeJob)?.[1]
}

const wasStopped = ({ status }: Build) => status === 'cancelled' || status === 'failed'
