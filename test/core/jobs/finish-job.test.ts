import { beforeEach, describe, expect, it } from 'vitest'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import { gateJob, planEvaluation } from '../../../core/jobs/evaluate-job.ts'
import { failJob, refuseJob, registerModel } from '../../../core/jobs/finish-job.ts'
import { prepareGeneration } from '../../../core/jobs/generate-responses.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { runPreflight } from '../../../core/jobs/run-preflight.ts'
import type { Table } from '../../../core/platform/ports.ts'
import { aliasKey, getModel } from '../../../core/registry/model-store.ts'
import { type Job, Job as JobSchema } from '../../../schemas/job.ts'
import type { RecipeInput } from '../../../schemas/recipe.ts'
import { Crash, crashing } from '../support/crashing.ts'
import { admit, admitted, evaluated, trained } from '../support/driven-job.ts'
import { prepareProject, submitSample } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
beforeEach(() => {
  platform = createTestPlatform()
})

const of = (job: Job) => ({ job: job.id, run: 1 })
const record = (job: Job) => getJob(platform.table, job.id)

/** A job whose evaluations are scored; the tuned model is right on items below `right`, the base on those below 10. */
async function readyForGate(right: number, change: Partial<RecipeInput> = {}): Promise<Job> {
  const job = await admitted(platform, change)
  await trained(platform, job)
  await evaluated(platform, job, ({ adapter }, index) => index < (adapter ? right : 10))
  return job
}

describe('the gate of a job', () => {
  it('compares base and tuned model and keeps both findings, once', async () => {
    const job = await readyForGate(25)
    expect(await gateJob(platform, of(job))).toEqual({ verdict: 'pass' })
    const before = await record(job)
    expect(before).toMatchObject({
      status: 'gating',
      comparison: { n: 30, base: { correct: 10 }, candidate: { correct: 25 }, verdict: 'better' },
      gate: { verdict: 'pass' },
    })
    expect(JobSchema.parse(before)).toEqual(before)
    await platform.clock.advance(1000)
    expect(await gateJob(platform, of(job))).toEqual({ verdict: 'pass' })
    expect(await record(job)).toEqual(before)
  })

  it.each([
    [12, 'inconclusive', 'gate_inconclusive'],
    [1, 'fail', 'gate_fail'],
  ])(
    'with %i of 30 right says %s: refused, with the evidence, and nothing is registered',
    async (right, verdict, code) => {
      const job = await readyForGate(right)
      expect(await gateJob(platform, of(job))).toEqual({ verdict })
      await expect(registerModel(platform, of(job))).rejects.toMatchObject({
        code: 'illegal_transition',
        message: expect.stringContaining('has not passed its gate'),
      })
      expect(await refuseJob(platform, { ...of(job), by: 'gate' })).toEqual({ code })
      expect(await record(job)).toMatchObject({
        status: 'refused',
        reason: { code, evidence: [expect.stringContaining(`improvement: ${verdict}: difference`)] },
      })
      await expect(getModel(platform.table, 'sample-model')).rejects.toMatchObject({ code: 'not_found' })
      expect(await refuseJob(platform, { ...of(job), by: 'gate' })).toEqual({ code })
    },
  )

  it('needs a trained model', async () => {
    const job = await admitted(platform)
    await expect(planEvaluation(platform, of(job))).rejects.toMatchObject({
      message: expect.stringContaining('no verified artifact'),
    })
  })
})

describe('an evaluation that is scored already', () => {
  it('is not made again: a second job on the same base takes the first one’s', async () => {
    await readyForGate(25)
    const second = await submitSample(platform)
    await admit(platform, second)
    await trained(platform, second)
    const { evaluations } = await planEvaluation(platform, of(second))
    const generations = await Promise.all(
      evaluations.map((evaluation) => prepareGeneration(platform, { ...of(second), evaluation })),
    )
    expect(generations.map(({ skip }) => skip)).toEqual([true, false])
  })
})

describe('registering a model', () => {
  const versions = async () => (await getModel(platform.table, 'sample-model')).versions

  it('ends the job, moves the alias, and again changes nothing', async () => {
    const job = await readyForGate(25)
    await gateJob(platform, of(job))
    expect(await registerModel(platform, of(job))).toEqual({ name: 'sample-model', version: 1 })
    const end = await record(job)
    expect(end).toMatchObject({ status: 'succeeded', model: { name: 'sample-model', version: 1, alias: 'staging' } })
    expect(await versions()).toMatchObject([
      { job: job.id, state: 'registered', profile: 'smoke', gate: { verdict: 'pass' } },
    ])
    expect(await registerModel(platform, of(job))).toMatchObject({ version: 1 })
    expect(await record(job)).toEqual(end)
  })

  it.each([1, 2, 3, 4])('survives a process that dies at effect %i', async (at) => {
    const job = await readyForGate(25)
    await gateJob(platform, of(job))
    for (const effect of ['lost', 'done'] as const) {
      const dying = { ...platform, ...crashing(platform, { at, effect }) }
      await registerModel(dying, of(job)).catch((error) => expect(error).toBeInstanceOf(Crash))
    }
    expect(await registerModel(platform, of(job))).toMatchObject({ name: 'sample-model', version: 1 })
    expect(await record(job)).toMatchObject({ status: 'succeeded', model: { alias: 'staging' } })
    expect(await versions()).toHaveLength(1)
    expect(platform.events().filter(({ type }) => type.startsWith('model.'))).toHaveLength(2)
  })

  it('is not crossed by a cancellation: what was registered is never of a job that did not succeed', async () => {
    const job = await readyForGate(25)
    await gateJob(platform, of(job))
    const refused: unknown[] = []
    const table: Table = {
      ...platform.table,
      async put(...call) {
        await cancelJob(platform, job.id, 'too late').catch((error) => refused.push(error))
        return platform.table.put(...call)
      },
    }
    await registerModel({ ...platform, table }, of(job))
    expect(refused.length).toBeGreaterThan(2)
    for (const error of refused) expect(error).toMatchObject({ code: 'illegal_transition' })
    expect(await record(job)).toMatchObject({ status: 'succeeded', model: { alias: 'staging' } })
  })

  it.each([
    [1, 'failed', undefined],
    [2, 'succeeded', { name: 'sample-model', version: 1 }],
    [3, 'succeeded', { name: 'sample-model', version: 1, alias: 'staging' }],
  ] as const)('by an execution that ends after effect %i leaves a job that %s', async (at, status, model) => {
    const job = await readyForGate(25)
    await gateJob(platform, of(job))
    const dying = { ...platform, ...crashing(platform, { at, effect: 'done' }) }
    await expect(registerModel(dying, of(job))).rejects.toBeInstanceOf(Crash)
    await failJob(platform, { ...of(job), error: 'execution_timed_out', cause: 'too long' })
    const end = await record(job)
    expect([end.status, end.model]).toEqual([status, model])
    expect('reason' in end).toBe(status === 'failed')
  })

  it('leaves the alias where the rules want it, and says why', async () => {
    const job = await readyForGate(25, { register: { model: 'sample-model', alias: 'production' } })
    await gateJob(platform, of(job))
    await registerModel(platform, of(job))
    expect(await record(job)).toMatchObject({ status: 'succeeded', model: { name: 'sample-model', version: 1 } })
    expect(platform.events().at(-1)?.data.message).toContain('alias "production" left where it is')
    expect((await getModel(platform.table, 'sample-model')).aliases).toEqual([])
  })

  it('asks again when another job moves the alias at the same moment', async () => {
    const job = await readyForGate(25)
    await gateJob(platform, of(job))
    const staging = aliasKey('sample-model', 'staging')
    let raced = false
    const table: Table = {
      ...platform.table,
      async put(draft, guard, event) {
        if (draft.sk === staging.sk && !raced) {
          raced = true
          await platform.table.put({ ...staging, data: { version: 9 } }, 'absent')
        }
        return platform.table.put(draft, guard, event)
      },
    }
    await registerModel({ ...platform, table }, of(job))
    expect(await record(job)).toMatchObject({ status: 'succeeded', model: { alias: 'staging' } })
    expect((await getModel(platform.table, 'sample-model')).aliases).toMatchObject([{ version: 1, previous: 9 }])
  })
})

describe('a job that preflight refuses', () => {
  it('ends refused, not failed, with every failed check as evidence', async () => {
    await prepareProject(platform, { profile: 'prod' })
    const job = await submitSample(platform)
    expect(await runPreflight(platform, of(job), 'round1')).toEqual({ pass: true })
    expect(await runPreflight(platform, of(job), 'round2')).toEqual({ pass: false })
    expect(await refuseJob(platform, { ...of(job), by: 'preflight' })).toEqual({ code: 'preflight_failed' })
    const { status, reason } = await record(job)
    expect(status).toBe('refused')
    expect(reason?.evidence).toHaveLength(3)
    expect(reason?.evidence[0]).toMatch(
      /^round2 min_steps \(stages\/0 \(sft\)\): 4 steps; limit >= 50000 in prod\. Train at least/,
    )
  })
})

describe('a job that fails', () => {
  const failure = { error: 'stage_failed', cause: 'stage 0 diverged' }

  it('keeps its reason, its stage and its failure pack, once', async () => {
    const job = await readyForGate(25)
    expect(await failJob(platform, { ...of(job), ...failure })).toEqual({ status: 'failed' })
    const end = await record(job)
    expect(end).toMatchObject({
      status: 'failed',
      error_message: 'stage 0 diverged',
      reason: { code: 'stage_failed', message: 'stage 0 diverged', evidence: [`jobs/${job.id}/failure-pack.tar.gz`] },
    })
    const pack = await platform.blobs.head(`jobs/${job.id}/failure-pack.tar.gz`)
    expect(pack?.size).toBeGreaterThan(1000)
    expect(await failJob(platform, { ...of(job), error: 'other', cause: 'late' })).toEqual({ status: 'failed' })
    expect(await record(job)).toEqual(end)
    expect(await platform.blobs.head(`jobs/${job.id}/failure-pack.tar.gz`)).toEqual(pack)
  })

  it('says what the step said, not how the machine wrapped it', async () => {
    const job = await admitted(platform)
    const cause = JSON.stringify({ errorType: 'corrupt', errorMessage: 'the bytes are wrong', trace: [] })
    await failJob(platform, { ...of(job), error: 'corrupt', cause })
    expect((await record(job)).error_message).toBe('the bytes are wrong')
  })

  it('is left alone when it was cancelled or runs again by now', async () => {
    const job = await admitted(platform)
    expect(await failJob(platform, { job: job.id, run: 7, ...failure })).toEqual({ status: 'queued' })
    await cancelJob(platform, job.id, 'x')
    expect(await failJob(platform, { ...of(job), ...failure })).toEqual({ status: 'cancelled' })
  })
})
