import { buildKey, getBuild, listBuilds } from '../../core/data-factory/build/build-store.ts'
import { functionBytes } from '../../core/data-factory/build/plan-build.ts'
import { cancelBuild, followBuild, reconcileBuilds } from '../../core/data-factory/build/run-execution.ts'
import { submitBuild } from '../../core/data-factory/build/submit-build.ts'
import { isFault } from '../../core/platform/fault.ts'
import type { Platform } from '../../core/platform/ports.ts'
import { deployable } from '../../functions/manifest.ts'
import { restrictTo } from '../../functions/restrict-platform.ts'
import { type Build, BuildRequest } from '../../schemas/build.ts'
import { build, register, story } from '../core/data-factory/build/support.ts'
import { Crash, type CrashPoint } from '../core/support/crashing.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'
import { runBuildMachine } from './build-machine.ts'
import { dyingPlatform } from './dying-platform.ts'

export interface BuildStory {
  request: object
  where: 'function' | 'job'
  /** What becomes of an execution that was under way when our processes died. */
  fate: 'goes on' | 'times out'
}

export interface BuildWorld {
  platform: TestPlatform
  id: string
  interrupted: boolean
}

export const caller = { principal: 'test', idempotencyKey: 'once' }

const small = { near_duplicates: false, pii: false }
export const parted = {
  kind: 'dataset',
  name: 'made',
  sources: [{ dataset: 'raw' }],
  operators: { ...small, split: { parts: { train: 1, test: 1 } } },
}
export const shadow = { kind: 'shadow', name: 'made-train', sources: [{ dataset: 'raw' }], n: 3 }

/** A world in which an earlier build has made `made-train` of other rows. */
async function createWorld(): Promise<TestPlatform> {
  const platform = createTestPlatform()
  await register(platform, 'old', [story(21), story(22)])
  await build(platform, { kind: 'dataset', name: 'made-train', sources: [{ dataset: 'old' }], operators: small })
  const rows = [1, 2, 3, 4, 5].map((number) => ({ ...story(number), task: number % 2 ? 'odd' : 'even' }))
  await register(platform, 'raw', [...rows, rows[0] as object])
  return platform
}

/** A build from its submission to its end, or until all our processes die at `point`; whoever submitted it asks again then. */
export async function tellCrash(plot: BuildStory, point: CrashPoint): Promise<BuildWorld> {
  const platform = await createWorld()
  const dying = dyingPlatform(platform, point)
  try {
    await live(platform, dying.platform, plot)
  } catch (error) {
    if (!(error instanceof Crash)) throw error
  }
  const { id } = await submitBuild(platform, BuildRequest.parse(plot.request), caller)
  return { platform, id, interrupted: dying.died() }
}

/** The same, with somebody who cancels it before effect `at`. */
export async function tellCancel(plot: BuildStory, at: number): Promise<BuildWorld> {
  const platform = await createWorld()
  const { items } = await listBuilds(platform.table, { limit: 1 })
  const earlier = items[0]?.id
  let effects = 0
  let interrupted = false
  async function beforeEffect(): Promise<void> {
    effects += 1
    if (effects !== at) return
    const [newest] = (await listBuilds(platform.table, { limit: 1 })).items
    interrupted = true
    if (newest && newest.id !== earlier) await unlessRefused(() => cancelBuild(platform, newest.id))
  }
  const watched = {
    ...platform,
    table: hooked(platform.table, beforeEffect),
    blobs: hooked(platform.blobs, beforeEffect),
  }
  await live(platform, watched, plot)
  const { id } = await submitBuild(platform, BuildRequest.parse(plot.request), caller)
  return { platform, id, interrupted }
}

async function live(world: TestPlatform, platform: Platform, { request, where }: BuildStory): Promise<void> {
  const { id } = await submitBuild(platform, BuildRequest.parse(request), caller)
  if (where === 'job') await makeLarge(world, id)
  await followBuild(platform, id)
  world.workflows.end(id, await runBuildMachine(platform, world, id))
}

/** Says of a build that its source is more than a function takes. */
export async function makeLarge({ table }: Pick<Platform, 'table'>, id: string): Promise<void> {
  const item = await table.get(buildKey(id))
  if (!item) throw new Error(`no build ${id}`)
  const { sources } = item.data as unknown as Build
  const large = sources.map((source) => ({ ...source, bytes: functionBytes + 1 }))
  await table.put({ ...item, data: { ...item.data, sources: large } as never }, { version: item.version })
}

/** Events come again and in another order, and the reconciler runs, until nothing is left to do. */
export async function buildToRest({ platform, id }: BuildWorld, { fate }: BuildStory): Promise<void> {
  for (let round = 1; round <= 10; round++) {
    const told = platform.events().filter(({ type }) => type.startsWith('build.'))
    for (const { subject } of told.toReversed())
      await followBuild(restrictTo(platform, deployable('follow-build')), subject)
    await reconcileBuilds(restrictTo(platform, deployable('reconcile')))
    const running = platform.workflows.started.filter(({ status }) => status === 'running')
    const { status } = await getBuild(platform.table, id)
    if (running.length === 0 && status !== 'submitted' && status !== 'running') return
    // The reconciler sees things as they were left, too.
    if (round < 2) continue
    for (const { name } of running) {
      if (fate === 'times out') platform.workflows.end(name, 'timed_out')
      else platform.workflows.end(name, await runBuildMachine(platform, platform, name))
    }
  }
  throw new Error(`not at rest after 10 rounds: ${JSON.stringify(await getBuild(platform.table, id))}`)
}

function hooked<Port extends object>(port: Port, before: () => Promise<void>): Port {
  return new Proxy(port, {
    get(target, name) {
      const member = Reflect.get(target, name)
      if (name !== 'put' && name !== 'delete') return member
      return async (...given: unknown[]) => {
        await before()
        return (member as (...call: unknown[]) => unknown).apply(target, given)
      }
    },
  })
}

async function unlessRefused(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!isFault(error, 'illegal_transition')) throw error
  }
}
