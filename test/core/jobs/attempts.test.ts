import { mkdir, writeFile } from 'node:fs/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { concludeAttempt } from '../../../core/jobs/conclude-attempt.ts'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import type { Exit } from '../../../core/jobs/exit-rules.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { prepareAttempt } from '../../../core/jobs/prepare-attempt.ts'
import { ticketKey } from '../../../core/preflight/subject.ts'
import type { Job } from '../../../schemas/job.ts'
import { finishTraining, saveCheckpoint } from '../../support/instant-compute.ts'
import { sampleRecipe } from '../../support/sample-project.ts'
import { Crash, crashing } from '../support/crashing.ts'
import { admitted, done, prepared, trained } from '../support/driven-job.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let job: Job
beforeEach(async () => {
  platform = createTestPlatform()
  job = await admitted(platform)
})

const first = { run: 1, stage: 0 }
const preempted: Exit = { code: 75, reason: 'Essential container in task exited' }
const prepare = (stage = 0) => prepareAttempt(platform, { job: job.id, run: 1, stage })
const conclude = (exit: Exit, attempt = 1) => concludeAttempt(platform, { job: job.id, ...first, attempt, exit })
const stage = async (index = 0) => (await getJob(platform.table, job.id)).stages[index]
const history = () => platform.events().map(({ data }) => data.message)

describe('preparing an attempt', () => {
  it('writes the trainer its spec and records the attempt', async () => {
    const { spec, launch, attempt } = await prepared(platform, job.id)
    expect(attempt).toBe(1)
    expect(launch).toMatchObject({ name: `${job.id}-s0-a1`, definition: 'tiny-trainer' })
    expect(spec).toMatchObject({
      job: job.id,
      stage: 0,
      attempt: 1,
      planned_steps: 4,
      algorithm: 'sft',
      recipe_digest: job.recipe.digest,
      dataset: { digest: job.datasets.stages[0]?.digest, rows: 40 },
    })
    expect(spec).not.toHaveProperty('resume_from')
    expect(await stage()).toMatchObject({
      status: 'running',
      attempts: [{ number: 1, status: 'prepared', resumed_from_step: 0 }],
    })
  })

  it('gives a repeat the attempt that is open', async () => {
    const launch = await prepare()
    expect(await prepare()).toEqual(launch)
    expect(await Promise.all([prepare(), prepare()])).toEqual([launch, launch])
    expect((await stage())?.attempts).toHaveLength(1)
  })

  it('at once by two gives one attempt', async () => {
    const [a, b] = await Promise.all([prepare(), prepare()])
    expect(a).toEqual(b)
    expect((await stage())?.attempts).toHaveLength(1)
  })

  it.each([1, 2])('survives a process that dies at effect %i', async (at) => {
    for (const effect of ['lost', 'done'] as const) {
      const dying = { ...platform, ...crashing(platform, { at, effect }) }
      await prepareAttempt(dying, { job: job.id, ...first }).catch((error) => expect(error).toBeInstanceOf(Crash))
    }
    expect(await prepared(platform, job.id)).toMatchObject({ attempt: 1 })
    expect((await stage())?.attempts).toHaveLength(1)
  })

  it('that is late does not bring an attempt back that is over by now', async () => {
    let arrived = () => {}
    const overtaken = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const slow = { ...platform, blobs: { ...platform.blobs, put: async (...call: Parameters<typeof platform.blobs.put>) => {
      await overtaken
      return platform.blobs.put(...call)
    } } } // biome-ignore format: reads as one thing
    const late = prepareAttempt(slow, { job: job.id, ...first })
    await prepare()
    await conclude(preempted)
    arrived()
    await late
    expect((await stage())?.attempts).toMatchObject([{ number: 1, status: 'preempted' }])
    expect(await prepared(platform, job.id)).toMatchObject({ attempt: 2 })
  })

  it('is refused without a ticket, and nothing is recorded', async () => {
    await platform.blobs.delete(ticketKey(job.id))
    await expect(prepare()).rejects.toMatchObject({
      code: 'illegal_transition',
      message: expect.stringContaining('preflight not passed, run refused'),
    })
    expect((await stage())?.attempts).toEqual([])
  })

  it('is refused when the job is over, or in another run', async () => {
    await expect(prepareAttempt(platform, { job: job.id, run: 2, stage: 0 })).rejects.toMatchObject({
      code: 'illegal_transition',
    })
    await cancelJob(platform, job.id, 'enough')
    await expect(prepare()).rejects.toMatchObject({ code: 'illegal_transition' })
  })

  it('of a stage that is done, or is not there, is refused', async () => {
    await trained(platform, job)
    await expect(prepare()).rejects.toMatchObject({
      code: 'illegal_transition',
      message: expect.stringContaining('done'),
    })
    await expect(prepare(7)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('starts a later stage from the artifact of the one before', async () => {
    const { spec, folder } = await prepared(platform, job.id)
    await finishTraining(spec, folder)
    await conclude(done)
    const next = await prepared(platform, job.id, 1)
    expect(next.spec.adapter?.uri).toBe(`${spec.output_uri}final/`)
    expect(next.spec.algorithm).toBe('grpo')
  })
})

describe('an attempt that ends', () => {
  it('well is verified, and its stage done', async () => {
    const { spec, folder } = await prepared(platform, job.id)
    await finishTraining(spec, folder)
    expect(await conclude(done)).toEqual({ decision: 'done' })
    expect(await stage()).toMatchObject({
      status: 'succeeded',
      attempts: [{ status: 'succeeded', exit_code: 0 }],
      artifact: { key: `jobs/${job.id}/stages/0-sft/attempts/1/` },
    })
  })

  it('with 0 but without its manifest is a failure that is not tried again', async () => {
    await prepare()
    expect(await conclude(done)).toMatchObject({
      decision: 'fail',
      reason: expect.stringContaining('manifest.json is missing'),
    })
    expect(await stage()).toMatchObject({ status: 'failed', attempts: [{ status: 'failed' }] })
  })

  it('pre-empted gets a successor that goes on from the newest complete checkpoint', async () => {
    const { spec, folder } = await prepared(platform, job.id)
    await saveCheckpoint(spec, folder, 2)
    await mkdir(`${folder}checkpoints/step_3`, { recursive: true })
    await writeFile(`${folder}checkpoints/step_3/adapter.safetensors`, 'half written')
    expect(await conclude(preempted)).toEqual({ decision: 'retry' })
    expect(await stage()).toMatchObject({ status: 'running', attempts: [{ status: 'preempted', exit_code: 75 }] })
    const next = await prepared(platform, job.id)
    expect(next).toMatchObject({ attempt: 2, spec: { resume_from: { step: 2 } } })
    await finishTraining(next.spec, next.folder)
    expect(await conclude(done, 2)).toEqual({ decision: 'done' })
  })

  it('for good tells why, with the end of its log', async () => {
    const { launch } = await prepared(platform, job.id)
    await platform.compute.submit({ ...launch, environment: {} })
    const conclusion = await conclude({ code: 65, reason: '' })
    expect(conclusion).toMatchObject({ decision: 'fail' })
    expect(conclusion).toHaveProperty(
      'reason',
      `stage 0 (sft) attempt 1: bad data or configuration; its log ends with:\n${launch.name} started\n${launch.name} logged its last line`,
    )
  })

  it('killed twice at the same place is not tried a third time, but with a new checkpoint it is', async () => {
    const killed: Exit = { code: 137, reason: '' }
    const one = await prepared(platform, job.id)
    await saveCheckpoint(one.spec, one.folder, 1)
    expect(await conclude(killed)).toEqual({ decision: 'retry' })
    const two = await prepared(platform, job.id)
    await saveCheckpoint(two.spec, two.folder, 2)
    expect(await conclude(killed, 2)).toEqual({ decision: 'retry' })
    await prepare()
    expect(await conclude(killed, 3)).toMatchObject({
      decision: 'fail',
      reason: expect.stringContaining('twice without a new checkpoint'),
    })
  })

  it('is concluded once, however often the step is repeated', async () => {
    await prepare()
    expect(await conclude(preempted)).toEqual({ decision: 'retry' })
    const before = [await stage(), history().length]
    await platform.clock.advance(5000)
    expect(await conclude(preempted)).toEqual({ decision: 'retry' })
    expect([await stage(), history().length]).toEqual(before)
  })

  it('after the job is over changes nothing', async () => {
    await prepare()
    await cancelJob(platform, job.id, 'enough')
    await expect(conclude(preempted)).rejects.toMatchObject({ code: 'illegal_transition' })
    expect((await stage())?.attempts).toMatchObject([{ status: 'prepared' }])
  })
})

it('the attempts of a stage are limited by its recipe', async () => {
  platform = createTestPlatform()
  const stages = sampleRecipe().stages.map((each) => ({ ...each, max_attempts: 2 }))
  job = await admitted(platform, { stages })
  await prepare()
  expect(await conclude(preempted)).toEqual({ decision: 'retry' })
  await prepare()
  expect(await conclude(preempted, 2)).toMatchObject({
    decision: 'fail',
    reason: expect.stringContaining('all 2 attempts are used up'),
  })
})
