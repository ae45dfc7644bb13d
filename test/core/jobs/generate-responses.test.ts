import { beforeEach, describe, expect, it } from 'vitest'
import { getEvaluation, manifestKey, responsesKey } from '../../../core/evaluation/evaluation-store.ts'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import { planEvaluation } from '../../../core/jobs/evaluate-job.ts'
import { concludeGeneration, prepareGeneration } from '../../../core/jobs/generate-responses.ts'
import type { Job } from '../../../schemas/job.ts'
import { createInstantCompute } from '../../support/instant-compute.ts'
import { admit, admitted, done, trained } from '../support/driven-job.ts'
import { submitSample } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let job: Job
let evaluation: string
beforeEach(async () => {
  platform = createTestPlatform()
  job = await admitted(platform)
  await trained(platform, job)
  evaluation = (await planEvaluation(platform, { job: job.id, run: 1 })).evaluations[1] ?? ''
})

const of = () => ({ job: job.id, run: 1, evaluation })
const name = (attempt: number) => `${evaluation}-a${attempt}`
const conclude = (code: number | null, reason: string, attempt: number) =>
  concludeGeneration(platform, { ...of(), name: name(attempt), exit: { code, reason } })
async function launched() {
  const generation = await prepareGeneration(platform, of())
  if (generation.skip) throw new Error('nothing to generate')
  const { environment, ...launch } = generation.launch
  return { ...launch, environment: Object.fromEntries(environment.map(({ Name, Value }) => [Name, Value])) }
}

describe('a generation', () => {
  it('is made once: a repeat gets the same compute job', async () => {
    expect(await launched()).toMatchObject({ name: name(1) })
    expect(await launched()).toMatchObject({ name: name(1) })
  })

  it('that ends well is scored', async () => {
    await createInstantCompute(platform.clock).submit(await launched())
    expect(await concludeGeneration(platform, { ...of(), name: name(1), exit: done })).toEqual({ decision: 'done' })
    expect(await getEvaluation(platform.table, evaluation)).toMatchObject({
      status: 'scored',
      summary: { correct: 30 },
    })
    expect(await prepareGeneration(platform, of())).toEqual({ skip: true })
  })

  it('that is reclaimed is tried again under a new name, and its repeat counts once', async () => {
    await launched()
    for (let i = 0; i < 3; i++)
      expect(await conclude(null, 'Host EC2 (i) terminated.', 1)).toEqual({ decision: 'retry' })
    expect(await getEvaluation(platform.table, evaluation)).toMatchObject({ attempts: 1 })
    expect(await launched()).toMatchObject({ name: name(2) })
  })

  it('that cannot succeed is not tried again', async () => {
    await launched()
    expect(await conclude(65, '', 1)).toEqual({
      decision: 'fail',
      reason: `evaluation ${evaluation}: bad data or configuration`,
    })
  })

  it('has a budget', async () => {
    for (let attempt = 1; attempt < 5; attempt++) {
      expect(await launched()).toMatchObject({ name: name(attempt) })
      expect(await conclude(75, '', attempt)).toEqual({ decision: 'retry' })
    }
    await launched()
    expect(await conclude(75, '', 5)).toMatchObject({
      decision: 'fail',
      reason: expect.stringContaining('all 5 attempts'),
    })
  })

  it('that says it succeeded but left nothing fails loudly, and the next job to ask for it starts over', async () => {
    await launched()
    await expect(concludeGeneration(platform, { ...of(), name: name(1), exit: done })).rejects.toMatchObject({
      code: 'corrupt',
    })
    expect(await launched()).toMatchObject({ name: name(2) })
  })

  it('whose result is damaged is made anew by the next attempt, which meets no manifest', async () => {
    const compute = createInstantCompute(platform.clock)
    await compute.submit(await launched())
    await platform.blobs.put(responsesKey(evaluation), 'damaged', 'any')
    const conclusion = () => concludeGeneration(platform, { ...of(), name: name(1), exit: done })
    await expect(conclusion()).rejects.toMatchObject({ code: 'corrupt' })
    expect(await platform.blobs.head(manifestKey(evaluation))).toBeUndefined()
    await compute.submit(await launched())
    expect(await concludeGeneration(platform, { ...of(), name: name(2), exit: done })).toEqual({ decision: 'done' })
  })
})

describe('a generation that two jobs wait for', () => {
  let other: Job
  beforeEach(async () => {
    other = await submitSample(platform)
    await admit(platform, other)
    evaluation = (await planEvaluation(platform, { job: job.id, run: 1 })).evaluations[0] ?? ''
  })
  const asOther = () => ({ job: other.id, run: 1, evaluation })
  const concludeAsOther = (code: number | null, reason: string, attempt: number) =>
    concludeGeneration(platform, { ...asOther(), name: name(attempt), exit: { code, reason } })

  it.each([
    [75, 'the job was cancelled'],
    [137, 'the job was cancelled'],
    [null, 'the job was cancelled'],
    [null, 'Another branch of the state failed.'],
  ])('and that one of them takes with it (exit code %s, %s) is tried again for the other', async (code, reason) => {
    await launched()
    await prepareGeneration(platform, asOther())
    await cancelJob(platform, job.id, 'x')
    expect(await concludeAsOther(code, reason, 1)).toEqual({ decision: 'retry' })
    expect(await prepareGeneration(platform, asOther())).toMatchObject({ launch: { name: name(2) } })
  })

  it('moves on once when both see it end, and each has attempts of its own', async () => {
    for (let attempt = 1; attempt <= 4; attempt++) {
      await launched()
      expect(await conclude(75, '', attempt)).toEqual({ decision: 'retry' })
    }
    for (const request of [of(), asOther()])
      expect(await prepareGeneration(platform, request)).toMatchObject({ launch: { name: name(5) } })
    expect(await concludeAsOther(137, '', 5)).toEqual({ decision: 'retry' })
    expect(await conclude(137, '', 5)).toMatchObject({ decision: 'fail' })
    expect(await getEvaluation(platform.table, evaluation)).toMatchObject({ attempts: 5 })
  })

  it('is not undone by a late word about an attempt that another finished', async () => {
    await launched()
    await prepareGeneration(platform, asOther())
    expect(await conclude(75, '', 1)).toEqual({ decision: 'retry' })
    await createInstantCompute(platform.clock).submit(await launched())
    expect(await concludeAsOther(75, '', 1)).toEqual({ decision: 'retry' })
    expect(await concludeGeneration(platform, { ...of(), name: name(2), exit: done })).toEqual({ decision: 'done' })
    expect(await prepareGeneration(platform, asOther())).toEqual({ skip: true })
  })
})
