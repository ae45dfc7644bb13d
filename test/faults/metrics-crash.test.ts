import { describe, expect, it } from 'vitest'
import { compactMetrics } from '../../core/jobs/compact-metrics.ts'
import { reconcile } from '../../core/jobs/reconcile.ts'
import { syncLiveMetrics } from '../../core/jobs/sync-metrics.ts'
import { Crash, type CrashPoint } from '../core/support/crashing.ts'
import { admitted } from '../core/support/driven-job.ts'
import { createTestPlatform } from '../core/support/test-platform.ts'
import { dyingPlatform } from './dying-platform.ts'
import { type MetricsWorld, type Plot, stateOf, tellMetrics } from './metrics-story.ts'

// Some hundred small worlds, each with files of its own.
const patience = 240_000

async function created(plot: Plot): Promise<MetricsWorld> {
  const platform = createTestPlatform()
  const { id } = await admitted(platform, plot === 'observes' ? { diagnostics: { mode: 'observe' } } : {})
  return { platform, id, plot }
}

/** What is left when everything dies at this point and the story is told again; undefined when it ends before. */
async function afterCrash(plot: Plot, point: CrashPoint) {
  const world = await created(plot)
  const dying = dyingPlatform(world.platform, point)
  const died = await tellMetrics(world, dying.platform).then(
    () => false,
    (error) => error instanceof Crash || Promise.reject(error),
  )
  if (!died) return undefined
  await tellMetrics(world, world.platform)
  return { world, state: await stateOf(world) }
}

describe.each(['stops', 'observes', 'stalls'] as const)('an attempt whose finding %s', (plot) => {
  it(
    'leaves the same behind, whatever effect its processes died at',
    async () => {
      const untouched = await created(plot)
      await tellMetrics(untouched, untouched.platform)
      const expected = await stateOf(untouched)
      expectWhole(expected, plot)
      for (let at = 1; ; at++) {
        // To die behind an effect is to die before the next one: nothing here happens side by side.
        const crashed = await afterCrash(plot, { at, effect: 'lost' })
        if (!crashed) return expect(at).toBeGreaterThan(20)
        expect(crashed.state, `effect ${at}`).toEqual(expected)
        await expectRest(crashed.world)
      }
    },
    patience,
  )
})

/** What the story is to end with. */
function expectWhole(state: Awaited<ReturnType<typeof stateOf>>, plot: Plot): void {
  expect(state.rows.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(state.cursor).toMatchObject({ next_segment: 3, rows: 9, points: 18, contiguous: true })
  expect(state.job).toMatchObject({ status: 'failed' })
  const rule = plot === 'stalls' ? 'step_stall' : 'non_finite'
  expect(state.findings).toMatchObject([{ rule, severity: 'critical', stops: plot !== 'observes' }])
  const told = state.history.filter(({ type }) => type === 'anomaly_found')
  expect(told.map(({ data }) => data.severity)).toEqual(plot === 'stalls' ? ['high', 'critical'] : ['critical'])
  const stopped_by = expect.objectContaining({ anomaly: state.findings[0]?.id })
  const [attempt] = state.job.stages[0]?.attempts ?? []
  expect(attempt).toMatchObject({ status: 'failed', ...(plot !== 'observes' && { stopped_by }) })
  expect(state.health).toMatchObject({ critical: 1, score: 50 })
  expect(state.ends).toBe(1)
  expect(state.record).toMatchObject({ done: true, objects: [{ first_segment: 0, last_segment: 2 }] })
  expect(state.objects).toHaveLength(1)
  expect([state.open, state.trainers]).toEqual([[], []])
}

/** Nobody finds anything left to do. */
async function expectRest({ platform }: MetricsWorld): Promise<void> {
  await reconcile(platform)
  const resting = dyingPlatform(platform, undefined)
  await syncLiveMetrics(resting.platform)
  await compactMetrics(resting.platform)
  expect(await reconcile(resting.platform)).toEqual([])
  expect(resting.effects()).toBe(0)
}
