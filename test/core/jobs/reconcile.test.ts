import { beforeEach, describe, expect, it } from 'vitest'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import { planEvaluation } from '../../../core/jobs/evaluate-job.ts'
import { failJob } from '../../../core/jobs/finish-job.ts'
import { prepareGeneration } from '../../../core/jobs/generate-responses.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { reconcile } from '../../../core/jobs/reconcile.ts'
import { startExecution } from '../../../core/jobs/run-execution.ts'
import type { TrainerLaunch } from '../../../core/jobs/trainer-launch.ts'
import { viewJob } from '../../../core/jobs/view-job.ts'
import { executionEnded } from '../../../functions/events/execution-ended.ts'
import type { Job } from '../../../schemas/job.ts'
import type { JobRun } from '../../../schemas/steps.ts'
import { withEventualIndexes } from '../../support/eventual-indexes.ts'
import { saveCheckpoint } from '../../support/instant-compute.ts'
import { admit, admitted, prepared, trained } from '../support/driven-job.ts'
import { prepareProject, submitSample } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

describe('reconciling', () => {
  let platform: TestPlatform
  beforeEach(async () => {
    platform = createTestPlatform()
    await prepareProject(platform)
  })
  const submit = (count: number) => Promise.all(Array.from({ length: count }, () => submitSample(platform)))
  const status = async (job: Job | undefined) => (await getJob(platform.table, job?.id ?? '')).status

  it('starts every job whose event was lost, once', async () => {
    const jobs = await submit(3)
    expect(await reconcile(platform)).toHaveLength(3)
    expect(await reconcile(platform)).toEqual([])
    expect(platform.workflows.started.map(({ name, input }) => [name, input]).sort()).toEqual(
      jobs.map(({ id }) => [`${id}-1`, { job: id, run: 1 }]).sort(),
    )
  })

  it('ends records whose execution ended, and comes to rest', async () => {
    const [failed, timedOut, running] = await submit(3)
    await reconcile(platform)
    platform.workflows.end(`${failed?.id}-1`, 'failed', 'stage_failed', 'diverged')
    platform.workflows.end(`${timedOut?.id}-1`, 'timed_out')
    expect(await reconcile(platform)).toHaveLength(2)
    expect(await reconcile(platform)).toEqual([])
    expect(await getJob(platform.table, failed?.id ?? '')).toMatchObject({
      status: 'failed',
      error_message: 'diverged',
    })
    expect(await getJob(platform.table, timedOut?.id ?? '')).toMatchObject({
      status: 'failed',
      reason: { code: 'execution_timed_out' },
    })
    expect(await status(running)).toBe('submitted')
  })

  it('does nothing to jobs that are over, even when the index still calls them live', async () => {
    const table = withEventualIndexes(platform.table, platform.clock, 5_000)
    const lagging = { ...platform, table }
    const [cancelled, failed] = [await submitSample(lagging), await submitSample(lagging)]
    await platform.clock.advance(5_000)
    await cancelJob(lagging, cancelled.id, 'x')
    await failJob(lagging, { job: failed.id, run: 1, error: 'e', cause: 'c' })
    await reconcile(lagging)
    expect(platform.workflows.started).toEqual([])
    expect([await status(cancelled), await status(failed)]).toEqual(['cancelled', 'failed'])
  })

  it('terminates the trainers of jobs that are over, and nobody else', async () => {
    const [over, live] = await submit(2)
    await reconcile(platform)
    const names = [`${over?.id}-s0-a1`, `${live?.id}-s0-a1`, 'ev-1-a1', 'job-00000000000000000000-s0-a1']
    for (const name of names)
      await platform.compute.submit({ name, definition: 'd', timeoutSeconds: 1, environment: {} })
    await cancelJob(platform, over?.id ?? '', 'x')
    await expect(reconcile(platform)).rejects.toThrow(
      '1 failed; the first: job job-00000000000000000000 does not exist',
    )
    expect((await platform.compute.listActive()).map(({ name }) => name)).toEqual(names.slice(1))
  })

  it('comes to rest when a reason is longer than a record may be', async () => {
    const [job] = await submit(1)
    await reconcile(platform)
    platform.workflows.end(`${job?.id}-1`, 'failed', 'stage_failed', 'x'.repeat(500_000))
    expect(await reconcile(platform)).toHaveLength(1)
    expect(await status(job)).toBe('failed')
  })

  it('goes on to the other jobs when one cannot be repaired, and tells', async () => {
    const jobs = await submit(3)
    const poisoned = {
      ...platform,
      workflows: {
        ...platform.workflows,
        describe: async (name: string) => {
          if (name.startsWith(jobs[0]?.id ?? '')) throw new Error('poison')
          return platform.workflows.describe(name)
        },
      },
    }
    await expect(reconcile(poisoned)).rejects.toThrow('1 failed; the first: poison')
    expect(platform.workflows.started).toHaveLength(2)
  })

  it('of one run, whose execution somebody heard of, ends that record only when it has really ended', async () => {
    const [ended, running] = await submit(2)
    await reconcile(platform)
    platform.workflows.end(`${ended?.id}-1`, 'failed', 'stage_failed', 'diverged')
    for (let heard = 0; heard < 2; heard++) {
      await executionEnded(platform, `${ended?.id}-1`)
      await executionEnded(platform, `${running?.id}-1`)
      await executionEnded(platform, `${ended?.id}-7`)
      await executionEnded(platform, 'somebody-elses')
    }
    expect([await status(ended), await status(running)]).toEqual(['failed', 'submitted'])
  })

  it('stops what a cancelled job left running, and rests once it is seen to have ended', async () => {
    const job = await admitted(platform)
    await startExecution(platform, { job: job.id, run: 1 })
    const { launch, spec, folder } = await prepared(platform, job.id)
    await platform.compute.submit({ ...launch, environment: {} })
    await saveCheckpoint(spec, folder, 3)
    await cancelJob(platform, job.id, 'enough')
    const kinds = async () => (await reconcile(platform)).map(({ kind }) => kind)
    expect(await kinds()).toEqual(['stop', 'terminate', 'ingest'])
    expect(await kinds()).toEqual(['settle'])
    expect(await kinds()).toEqual([])
    expect((await viewJob(platform, job.id)).stages[0]).toMatchObject({ step: 3 })
  })

  it('terminates a generation once nobody waits for it any more', async () => {
    const jobs = [await admitted(platform), await submitSample(platform)]
    await admit(platform, jobs[1] as Job)
    for (const job of jobs) await startExecution(platform, { job: job.id, run: 1 })
    for (const job of jobs) await trained(platform, job)
    const of = jobs.map(({ id }) => ({ job: id, run: 1 }))
    const [base = ''] = (await Promise.all(of.map((run) => planEvaluation(platform, run))))[0]?.evaluations ?? []
    const { launch } = (await prepareGeneration(platform, { ...(of[0] as JobRun), evaluation: base })) as { launch: TrainerLaunch } // biome-ignore format: one thing
    await platform.compute.submit({ ...launch, environment: {} })
    const running = async () => (await platform.compute.listActive()).map(({ name }) => name)
    for (const [cancelled, left] of [
      [0, [launch.name]],
      [1, []],
    ] as const) {
      await cancelJob(platform, jobs[cancelled]?.id ?? '', 'enough')
      await reconcile(platform)
      expect(await running()).toEqual(left)
    }
  })
})

describe('starting an execution', () => {
  it('is done once per run, and not for a job that is over or in another run', async () => {
    const platform = createTestPlatform()
    await prepareProject(platform)
    const job = await submitSample(platform)
    for (let i = 0; i < 3; i++) await startExecution(platform, { job: job.id, run: 1 })
    await startExecution(platform, { job: job.id, run: 2 })
    expect(platform.workflows.started).toHaveLength(1)
    const over = await submitSample(platform)
    await cancelJob(platform, over.id, 'x')
    await startExecution(platform, { job: over.id, run: 1 })
    expect(platform.workflows.started).toHaveLength(1)
  })
})
