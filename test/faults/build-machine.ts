import type { BuildPlan } from '../../core/data-factory/build/plan-build.ts'
import type { Platform } from '../../core/platform/ports.ts'
import { workOn } from '../../functions/builder/work.ts'
import { steps } from '../../functions/steps/steps.ts'
import { Crash } from '../core/support/crashing.ts'
import type { TestPlatform } from '../core/support/test-platform.ts'

/**
 * The moves of dataset-build.asl.json, from its start. As every step may run twice, it may also be started over where an execution
 * would go on. What runs as a compute job runs in `world`, which outlives our processes. A Crash goes through.
 */
export async function runBuildMachine(
  platform: Platform,
  world: TestPlatform,
  build: string,
): Promise<'succeeded' | 'failed'> {
  try {
    const plan = (await steps['plan-build'](platform, { build })) as unknown as BuildPlan
    if (plan.where === 'nowhere') return 'succeeded'
    if (plan.where === 'function') await steps['run-build'](platform, { build })
    else await builderJob(platform, world, build, plan.launch)
    await steps['conclude-build'](platform, { build })
    return 'succeeded'
  } catch (error) {
    if (error instanceof Crash) throw error
    const { name, message } = error as Error
    await steps['fail-build'](platform, { build, error: name, cause: message })
    return 'failed'
  }
}

type Launch = Extract<BuildPlan, { where: 'job' }>['launch']

async function builderJob(platform: Platform, world: TestPlatform, build: string, { name, environment }: Launch) {
  const variables = Object.fromEntries(environment.map(({ Name, Value }) => [Name, Value]))
  const job = { name, definition: 'data-builder', timeoutSeconds: 86_400, environment: variables }
  const record = await platform.compute.submit(job)
  if (!record.stoppedAt) world.compute.end(name, await workOn(build, world, { out: () => {}, err: () => {} }))
  const ended = await world.compute.describe(name)
  if (ended?.exitCode === 0) return
  const detail = { JobName: name, Container: { ExitCode: ended?.exitCode }, StatusReason: ended?.statusReason ?? '' }
  throw Object.assign(new Error(JSON.stringify(detail)), { name: 'States.TaskFailed' })
}
