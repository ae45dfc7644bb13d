import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { metricsFolder } from '../../core/jobs/ingest-attempt.ts'
import { isTerminal } from '../../core/jobs/lifecycle.ts'
import { reconcile } from '../../core/jobs/reconcile.ts'
import { segmentKey } from '../../core/metrics/ingest-segments.ts'
import { getCursor } from '../../core/metrics/metric-store.ts'
import { listModelVersions } from '../../core/registry/model-store.ts'
import type { Job } from '../../schemas/job.ts'
import type { CrashPoint } from '../core/support/crashing.ts'
import { everyJob, reconcileToRest, type Story, tell, type World } from './crash-story.ts'
import { dyingPlatform } from './dying-platform.ts'

const stories: [string, Omit<Story, 'fate'>][] = [
  ['trains to a model', { kind: 'training', endings: ['preempted'] }],
  ['is cancelled while it trains', { kind: 'training', endings: [], cancelAfter: 5 }],
  ['fails and is resumed', { kind: 'training', endings: ['reclaimed', 'diverged'], resumes: true }],
  ['evaluates a model', { kind: 'evaluation', endings: [] }],
  ['is cancelled while it evaluates', { kind: 'evaluation', endings: [], cancelAfter: 6, resumes: true }],
]

// Hundreds of small worlds, each with files of its own.
const patience = 240_000

describe.each(stories)('a job that %s', (_, plot) => {
  it(
    'comes to rest after a crash at any effect, with every invariant kept',
    async () => {
      for (let at = 1; ; at++) {
        const story: Story = { ...plot, fate: at % 2 === 0 ? 'goes on' : 'times out' }
        const crashed = await Promise.all((['lost', 'done'] as const).map((effect) => check(story, { at, effect })))
        if (!crashed[0]) return expect(at).toBeGreaterThan(12)
      }
    },
    patience,
  )
})

it(
  'whatever happens, wherever everything dies',
  async () => {
    const ending = fc.constantFrom('preempted' as const, 'reclaimed' as const, 'diverged' as const)
    const story: fc.Arbitrary<Story> = fc.record({
      kind: fc.constantFrom('training', 'evaluation'),
      endings: fc.array(ending, { maxLength: 3 }),
      cancelAfter: fc.option(fc.integer({ min: 1, max: 24 }), { nil: undefined }),
      resumes: fc.boolean(),
      fate: fc.constantFrom('goes on', 'times out'),
    })
    const point = fc.record({ at: fc.integer({ min: 1, max: 70 }), effect: fc.constantFrom('lost', 'done') })
    await fc.assert(
      fc.asyncProperty(story, point, async (...trial) => void (await check(...trial))),
      { numRuns: 25 },
    )
  },
  patience,
)

async function check(story: Story, point: CrashPoint): Promise<boolean> {
  const world = await tell(story, point)
  await reconcileToRest(world, story)
  const jobs = await everyJob(world)
  const label = JSON.stringify({ story, point })
  expect(world.ticketless, label).toEqual([])
  expect(
    jobs.filter(({ status }) => !isTerminal(status)).map(({ status }) => status),
    label,
  ).toEqual([])
  expect(await world.platform.compute.listActive(), label).toEqual([])
  expect(endsOf(world), label).toEqual(jobs.flatMap(({ id, run }) => Array.from({ length: run }, (_, i) => `${id} ${i + 1}`)).toSorted()) // biome-ignore format: one thing
  expect(await unreadSegments(world, jobs), label).toEqual([])
  const versions = await listModelVersions(world.platform.table, {})
  expect(versions.items.map(({ job }) => job).toSorted(), label).toEqual(jobs.filter(({ model }) => model).map(({ id }) => id).toSorted()) // biome-ignore format: one thing
  for (const { model, status } of jobs) if (model) expect(status, label).toBe('succeeded')

  const resting = dyingPlatform(world.platform, undefined)
  expect(await reconcile(resting.platform), label).toEqual([])
  expect(resting.effects(), label).toBe(0)
  return world.died
}

/** `job run` of every end that was told. */
function endsOf({ platform }: World): string[] {
  const ends = platform.events().filter(({ type }) => type === 'job.finished.v1')
  return ends.map(({ subject, data }) => `${subject} ${data.run}`).toSorted()
}

/** Segments that trainers shipped and that nobody read. */
async function unreadSegments({ platform }: World, jobs: readonly Job[]): Promise<string[]> {
  const unread: string[] = []
  for (const job of jobs)
    for (const stage of job.stages)
      for (const { number } of stage.attempts) {
        const source = { job: job.id, stage: stage.index, attempt: number }
        const { next_segment } = await getCursor(platform.metrics, source)
        const key = segmentKey(metricsFolder(job.id, stage, number), next_segment)
        if (await platform.blobs.head(key)) unread.push(key)
      }
  return unread
}
