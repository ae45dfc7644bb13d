import { beforeEach, describe, expect, it } from 'vitest'
import { changeJob } from '../../../core/jobs/change-job.ts'
import { cancelJob, resumeJob } from '../../../core/jobs/control-job.ts'
import { gateJob } from '../../../core/jobs/evaluate-job.ts'
import { failJob, registerModel } from '../../../core/jobs/finish-job.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { startExecution, stopExecution } from '../../../core/jobs/run-execution.ts'
import type { Job } from '../../../schemas/job.ts'
import { finishTraining, saveCheckpoint } from '../../support/instant-compute.ts'
import { admit, admitted, evaluated, prepared, trained } from '../support/driven-job.ts'
import { anybody } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let job: Job
beforeEach(async () => {
  platform = createTestPlatform()
  job = await admitted(platform)
})

const alice = { principal: 'alice', idempotencyKey: 'k' }
const fail = (run = 1) => failJob(platform, { job: job.id, run, error: 'stage_failed', cause: 'broken' })
const resume = (caller = anybody as typeof alice) => resumeJob(platform, job.id, caller)
const record = () => getJob(platform.table, job.id)

/** Starts the first stage's trainer and lets it save a checkpoint. */
async function training(step = 2) {
  const attempt = await prepared(platform, job.id)
  const { name, definition, timeoutSeconds } = attempt.launch
  await platform.compute.submit({ name, definition, timeoutSeconds, environment: {} })
  await saveCheckpoint(attempt.spec, attempt.folder, step)
  return attempt
}

describe('cancelling', () => {
  it('ends the job with its reason, and again changes nothing', async () => {
    const cancelled = await cancelJob(platform, job.id, 'too slow')
    expect(cancelled).toMatchObject({ status: 'cancelled', reason: { code: 'cancelled', message: 'too slow' } })
    expect(await cancelJob(platform, job.id, 'again')).toEqual(cancelled)
  })

  it('is refused when the job is over otherwise', async () => {
    await fail()
    await expect(cancelJob(platform, job.id, 'x')).rejects.toMatchObject({ code: 'illegal_transition' })
  })

  it('stops the execution and every open trainer, and repeating it is harmless', async () => {
    await startExecution(platform, { job: job.id, run: 1 })
    const { launch } = await training()
    await cancelJob(platform, job.id, 'x')
    for (let i = 0; i < 2; i++) await stopExecution(platform, { job: job.id, run: 1 })
    expect(platform.workflows.started).toMatchObject([{ status: 'aborted' }])
    expect(await platform.compute.describe(launch.name)).toMatchObject({ status: 'failed', exitCode: 143 })
  })

  it('is not the only end that stops open trainers: those of a job that failed stop too, its execution goes on', async () => {
    await startExecution(platform, { job: job.id, run: 1 })
    const { launch } = await training()
    await fail()
    await stopExecution(platform, { job: job.id, run: 1 })
    expect(platform.workflows.started).toMatchObject([{ status: 'running' }])
    expect(await platform.compute.describe(launch.name)).toMatchObject({ status: 'failed', exitCode: 143 })
  })

  it('stops nothing of a job that goes on, of another run or of no trainer', async () => {
    await startExecution(platform, { job: job.id, run: 1 })
    const { launch } = await training()
    await stopExecution(platform, { job: job.id, run: 1 })
    await cancelJob(platform, job.id, 'x')
    await stopExecution(platform, { job: job.id, run: 2 })
    expect(platform.workflows.started).toMatchObject([{ status: 'running' }])
    expect(await platform.compute.describe(launch.name)).toMatchObject({ status: 'running' })
  })
})

describe('resuming', () => {
  it('is a new run from the latest checkpoint that does not repeat what succeeded', async () => {
    const one = await prepared(platform, job.id)
    await finishTraining(one.spec, one.folder)
    await changeJob(platform, job.id, (now) => ({
      event: 'attempt_ended',
      message: 'done',
      patch: { stages: now.stages.map((stage, i) => (i === 0 ? { ...stage, status: 'succeeded' } : stage)) },
    }))
    await fail()
    const resumed = await resume()
    expect(resumed).toMatchObject({
      status: 'submitted',
      run: 2,
      stages: [{ status: 'succeeded' }, { status: 'pending' }],
    })
    for (const field of ['reason', 'error_message', 'finished_at']) expect(resumed).not.toHaveProperty(field)
    expect(platform.events().at(-1)).toMatchObject({ type: 'job.submitted.v1', data: { run: 2 } })
  })

  it('closes the attempt that was open, and the next one goes on from its checkpoint', async () => {
    const { launch } = await training(3)
    await cancelJob(platform, job.id, 'x')
    platform.compute.end(launch.name, 143)
    expect((await resume()).stages[0]?.attempts).toMatchObject([{ number: 1, status: 'preempted' }])
    await admit(platform, job, 2)
    expect(await prepared(platform, job.id, 0, 2)).toMatchObject({ attempt: 2, spec: { resume_from: { step: 3 } } })
  })

  it('waits for the trainer to stop', async () => {
    const { launch } = await training()
    await cancelJob(platform, job.id, 'x')
    await expect(resume()).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('still stopping (running)'),
    })
    platform.compute.end(launch.name, 143)
    expect(await resume()).toMatchObject({ run: 2 })
  })

  it('is refused without a checkpoint, and says how to start over', async () => {
    await fail()
    await expect(resume()).rejects.toMatchObject({
      code: 'illegal_transition',
      message: `job ${job.id} has no latest checkpoint to resume from; clone it to start over: sluice jobs clone ${job.id}`,
    })
  })

  it.each(['live', 'succeeded', 'refused'] as const)('is refused for a job that is %s, with a key too', async (end) => {
    await training()
    if (end !== 'live') {
      await changeJob(platform, job.id, () => ({ event: 'evaluation_planned', message: '' }))
      await changeJob(platform, job.id, () => ({ event: 'evaluations_compared', message: '' }))
      const event = end === 'succeeded' ? 'model_registered' : 'refused'
      await changeJob(platform, job.id, () => ({ event, message: '' }))
    }
    for (const caller of [anybody, alice])
      await expect(resumeJob(platform, job.id, caller)).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(await record()).toMatchObject({ run: 1 })
  })

  it('at once by two is one new run', async () => {
    const { launch } = await training()
    platform.compute.end(launch.name, 1)
    await fail()
    const both = await Promise.all([resume(), resume()])
    expect(both.map(({ run }) => run)).toEqual([2, 2])
  })

  it('with a key happens once, however often it is repeated and whatever became of the run', async () => {
    const { launch } = await training()
    platform.compute.end(launch.name, 1)
    await fail()
    expect(await resume(alice)).toMatchObject({ run: 2, status: 'submitted' })
    expect(await resume(alice)).toMatchObject({ run: 2, status: 'submitted' })
    await fail(2)
    expect(await resume(alice)).toMatchObject({ run: 2, status: 'failed' })
    expect(await resume({ ...alice, idempotencyKey: 'another' })).toMatchObject({ run: 3 })
    expect(await resume(alice)).toMatchObject({ run: 3 })
  })

  it('is checked by preflight anew: what changed since is found', async () => {
    const { launch } = await training()
    platform.compute.end(launch.name, 1)
    await fail()
    await resume()
    platform.compute.setFreeDisk(-1)
    await expect(admit(platform, job, 2)).rejects.toMatchObject({ code: 'illegal_transition' })
  })

  it('of a job that failed after its gate decides the gate again, and comes to its end', async () => {
    await trained(platform, job)
    await evaluated(platform, job)
    await gateJob(platform, { job: job.id, run: 1 })
    await fail()
    expect(await resume()).not.toHaveProperty('gate')
    await admit(platform, job, 2)
    await evaluated(platform, job, undefined, 2)
    expect(await gateJob(platform, { job: job.id, run: 2 })).toEqual({ verdict: 'pass' })
    await registerModel(platform, { job: job.id, run: 2 })
    expect(await record()).toMatchObject({ status: 'succeeded', run: 2, gate: { verdict: 'pass' } })
  })
})
