import { describe, expect, it } from 'vitest'
import { getBuild } from '../../core/data-factory/build/build-store.ts'
import { concludeBuild } from '../../core/data-factory/build/conclude-build.ts'
import { reconcileBuilds } from '../../core/data-factory/build/run-execution.ts'
import { getDatasetVersion, listVersions } from '../../core/datasets/dataset-store.ts'
import { verifyVersion } from '../../core/datasets/verify-version.ts'
import { isFault } from '../../core/platform/fault.ts'
import { type BuildStory, type BuildWorld, buildToRest, parted, shadow, tellCancel, tellCrash } from './build-story.ts'
import { dyingPlatform } from './dying-platform.ts'

// Dozens of small worlds, each with files of its own.
const patience = 240_000

const plots: [string, Omit<BuildStory, 'fate'>, outputs: string[]][] = [
  ['in parts, in a function', { request: parted, where: 'function' }, ['made-test', 'made-train']],
  ['in parts, as a job', { request: parted, where: 'job' }, ['made-test', 'made-train']],
  ['of a shadow set', { request: shadow, where: 'function' }, ['made-train']],
]

describe.each(plots)('a build %s', (_, plot, outputs) => {
  it(
    'comes to rest after a crash at any effect: everything is visible, or nothing',
    async () => {
      const ends = new Set<string>()
      for (let at = 1; ; at++) {
        const told: BuildStory = { ...plot, fate: at % 2 === 0 ? 'goes on' : 'times out' }
        const worlds = await Promise.all((['lost', 'done'] as const).map((effect) => tellCrash(told, { at, effect })))
        for (const world of worlds) ends.add(await settle(world, told, outputs, `crash at ${at}`))
        if (!worlds[0]?.interrupted) break
      }
      expect(ends).toEqual(new Set(['succeeded', 'failed']))
    },
    patience,
  )

  it(
    'cancelled before any effect shows nothing, or all of it',
    async () => {
      const ends = new Set<string>()
      for (let at = 1; ; at++) {
        const told: BuildStory = { ...plot, fate: 'goes on' }
        const world = await tellCancel(told, at)
        ends.add(await settle(world, told, outputs, `cancel at ${at}`))
        if (!world.interrupted) break
      }
      expect(ends).toEqual(new Set(['succeeded', 'cancelled']))
    },
    patience,
  )
})

async function settle(world: BuildWorld, told: BuildStory, outputs: string[], label: string): Promise<string> {
  const { platform, id } = world
  await buildToRest(world, told)
  const build = await getBuild(platform.table, id)
  const finished = platform.events().filter(({ type, subject }) => type === 'build.finished.v1' && subject === id)
  expect(
    finished.map(({ data }) => data.status),
    label,
  ).toEqual([build.status])
  expect(await platform.compute.listActive(), label).toEqual([])

  const made = await versionsOf(world)
  expect(made.map(({ name }) => name), `${label}: ${JSON.stringify(build.reason)}`).toEqual(build.status === 'succeeded' ? outputs : []) // biome-ignore format: one thing
  for (const version of made) {
    expect(await verifyVersion(platform.blobs, version), label).toMatchObject({ ok: true })
    expect((await getDatasetVersion(platform.table, version.name)).digest, label).toBe(version.digest)
  }
  if (build.status === 'failed') expect(build.reason?.message, label).not.toBe('')
  await expectEarlierUntouched(world, label)

  const resting = dyingPlatform(platform, undefined)
  await reconcileBuilds(resting.platform)
  expect(await concludeBuild(resting.platform, { build: id }), label).toEqual(build)
  expect(resting.effects(), label).toBe(0)
  return build.status
}

/** The versions that the build made visible, by name. */
async function versionsOf({ platform, id }: BuildWorld) {
  const names = ['made', 'made-test', 'made-train']
  const pages = await Promise.all(
    names.map((name) =>
      listVersions(platform.table, name, { limit: 10 }).catch((error) => {
        if (isFault(error, 'not_found')) return { items: [] }
        throw error
      }),
    ),
  )
  return pages.flatMap(({ items }) => items).filter(({ lineage }) => lineage.build === id)
}

async function expectEarlierUntouched({ platform, id }: BuildWorld, label: string): Promise<void> {
  const { items } = await listVersions(platform.table, 'made-train', { limit: 10 })
  const [earlier, ...others] = items.filter(({ lineage }) => lineage.build !== id)
  expect(others, label).toEqual([])
  expect(earlier, label).toMatchObject({ rows: 2 })
  if (earlier) expect(await verifyVersion(platform.blobs, earlier), label).toMatchObject({ ok: true })
}
