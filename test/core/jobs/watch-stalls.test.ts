import { utimes } from 'node:fs/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { listAnomalies } from '../../../core/diagnostics/anomaly-store.ts'
import { concludeAttempt } from '../../../core/jobs/conclude-attempt.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { observeCompute } from '../../../core/jobs/observe-compute.ts'
import { syncLiveMetrics } from '../../../core/jobs/sync-metrics.ts'
import { watchStalls } from '../../../core/jobs/watch-stalls.ts'
import type { Job } from '../../../schemas/job.ts'
import { admitted, prepared } from '../support/driven-job.ts'
import { ship } from '../support/findings.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const minute = 60_000

let platform: TestPlatform
let id: string
let folder: string
beforeEach(async () => {
  platform = createTestPlatform()
  id = (await admitted(platform)).id
  const ready = await prepared(platform, id)
  folder = ready.folder
  await platform.compute.submit({
    name: ready.launch.name,
    definition: 'tiny-trainer',
    environment: {},
    timeoutSeconds: 60,
  })
  await observeCompute(platform, ready.launch.name)
})

/** A segment that arrives now, by the virtual clock, whatever the clock of its trainer says. */
async function arrive(number: number, steps: number[], time?: (step: number) => number) {
  await ship(folder, number, steps, (step) => ({ total_loss: 1 / step, step_time: 30 }), time)
  const now = platform.clock.now()
  await utimes(`${folder}metrics/${String(number).padStart(8, '0')}.jsonl`, now, now)
}

const stalls = async () => {
  await syncLiveMetrics(platform)
  return (await listAnomalies(platform.table, id)).filter(({ rule }) => rule === 'step_stall')
}

describe('an attempt that takes no step', () => {
  it('for ten times its 95th percentile, at least 10 minutes, stalls; three times that stops it', async () => {
    await arrive(0, [1, 2, 3, 4, 5])
    await platform.clock.advance(9 * minute)
    expect(await stalls()).toEqual([])
    await platform.clock.advance(2 * minute)
    expect(await stalls()).toMatchObject([{ severity: 'high', step: 5, ended: false, stops: false }])
    await platform.clock.advance(21 * minute)
    expect(await stalls()).toMatchObject([{ severity: 'critical', stops: true }])
    const { stages, health } = await getJob(platform.table, id)
    expect(stages[0]?.attempts[0]?.stopped_by).toMatchObject({ step: 5 })
    expect(health).toMatchObject({ critical: 1, high: 0 })
  })

  it('and goes on again no longer stalls', async () => {
    await arrive(0, [1, 2, 3, 4, 5])
    await platform.clock.advance(11 * minute)
    expect(await stalls()).toMatchObject([{ ended: false }])
    await arrive(1, [6])
    expect(await stalls()).toMatchObject([{ ended: true, last_step: 6 }])
    await platform.clock.advance(minute)
    expect(await stalls()).toHaveLength(1)
  })

  it.each([
    ['ahead', 1e12],
    ['behind', 0],
  ])('is seen although its clock is %s', async (_, offset) => {
    await arrive(0, [1, 2, 3, 4, 5], (step) => offset + step * 1000)
    await platform.clock.advance(11 * minute)
    expect(await stalls()).toHaveLength(1)
  })

  it('from the beginning on is seen too', async () => {
    await platform.clock.advance(12 * 60 * minute)
    expect(await stalls()).toMatchObject([{ step: 0 }])
  })

  it('is measured by the times of its rows where it logs none of its steps', async () => {
    await ship(folder, 0, [1, 2, 3, 4, 5, 6, 7], (step) => ({ total_loss: 1 / step }))
    const now = platform.clock.now()
    await utimes(`${folder}metrics/00000000.jsonl`, now, now)
    await platform.clock.advance(11 * minute)
    expect(await stalls()).toMatchObject([{ threshold: 600 }])
  })

  it('and has gone on is left as it ended then, also when it goes further', async () => {
    await arrive(0, [1, 2, 3, 4, 5])
    await platform.clock.advance(11 * minute)
    await stalls()
    await arrive(1, [6])
    expect(await stalls()).toMatchObject([{ ended: true, last_step: 6 }])
    await arrive(2, [7, 8])
    expect(await stalls()).toMatchObject([{ ended: true, last_step: 6 }])
  })

  it('is measured from when its compute runs, not from when it was readied', async () => {
    const other = await admitted(platform)
    const { launch } = await prepared(platform, other.id)
    await platform.clock.advance(12 * 60 * minute)
    const { name, definition } = launch
    await platform.compute.submit({ name, definition, environment: {}, timeoutSeconds: 60 })
    await observeCompute(platform, name)
    await platform.clock.advance(minute)
    await syncLiveMetrics(platform)
    expect(await listAnomalies(platform.table, other.id)).toEqual([])
  })

  it('is looked at in its newest attempt, and the stalls of the one before stay as they are', async () => {
    await arrive(0, [1, 2, 3, 4, 5])
    await platform.clock.advance(11 * minute)
    const [before] = await stalls()
    const exit = { code: 75, reason: '' }
    await concludeAttempt(platform, { job: id, run: 1, stage: 0, attempt: 1, exit })
    const again = await prepared(platform, id)
    const { name, definition } = again.launch
    await platform.compute.submit({ name, definition, environment: {}, timeoutSeconds: 60 })
    await observeCompute(platform, name)
    folder = again.folder
    await arrive(0, [1, 2, 3, 4, 5])
    await platform.clock.advance(11 * minute)
    expect(await stalls()).toMatchObject([before, { attempt: 2, ended: false }])
    await arrive(1, [6])
    expect(await stalls()).toMatchObject([before, { attempt: 2, ended: true }])
  })

  it.each<[string, (job: Job) => Job]>([
    ['whose job is over', (job) => ({ ...job, status: 'cancelled' })],
    [
      'that has ended',
      (job) => ({
        ...job,
        stages: job.stages.map((stage) => ({
          ...stage,
          attempts: stage.attempts.map((each) => ({ ...each, status: 'failed' })),
        })),
      }),
    ],
  ])('%s does not stall', async (_, change) => {
    await arrive(0, [1, 2, 3, 4, 5])
    await syncLiveMetrics(platform)
    await platform.clock.advance(11 * minute)
    await watchStalls(platform, change(await getJob(platform.table, id)))
    expect(await listAnomalies(platform.table, id)).toEqual([])
  })

  it('is left alone while its compute has not started', async () => {
    const other = await admitted(platform)
    await prepared(platform, other.id)
    await platform.clock.advance(12 * 60 * minute)
    await syncLiveMetrics(platform)
    expect(await listAnomalies(platform.table, other.id)).toEqual([])
  })
})
