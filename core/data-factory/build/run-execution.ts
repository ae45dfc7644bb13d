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
  if (build.status !== 'cancelled' && build.status !== 'failed') return
  const reason = `the build was ${build.status}`
  try {
    if (build.status === 'cancelled') await platform.workflows.stop(id, reason)
  } catch (error) {
    if (!isFault(error, 'not_found')) throw error
  }
  await platform.compute.terminate(id, reason)
}

/** Cancels a build. Fault `illegal_transition` when it is over. */
export async function cancelBuild(platform: Pick<Platform, 'table' | 'clock'>, id: string): Promise<Build> {
  const build = await changeBuild(platform, id, { event: 'cancelled' })
  if (build.status === 'cancelled') return build
  throw new Fault('illegal_transition', `build ${id} is ${build.status}: there is nothing to cancel`)
}

/** Brings every build that is not over together with its execution. What fails holds up nothing else, and is thrown at the end. */
export async function reconcileBuilds(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock' | 'workflows' | 'compute'>,
): Promise<void> {
  await forEvery(liveBuilds(platform.table), ({ id }) => reconcileBuild(platform, id))
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
