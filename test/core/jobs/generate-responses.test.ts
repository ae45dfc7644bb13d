import { beforeEach, describe, expect, it } from 'vitest'
import { getEvaluation } from '../../../core/evaluation/evaluation-store.ts'
import { planEvaluation } from '../../../core/jobs/evaluate-job.ts'
import { concludeGeneration, prepareGeneration } from '../../../core/jobs/generate-responses.ts'
import type { Job } from '../../../schemas/job.ts'
import { createInstantCompute } from '../../support/instant-compute.ts'
import { admitted, done, trained } from '../support/driven-job.ts'
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
    for (let attempt = 1; attempt < 5; attempt++) expect(await conclude(75, '', attempt)).toEqual({ decision: 'retry' })
    expect(await conclude(75, '', 5)).toMatchObject({
      decision: 'fail',
      reason: expect.stringContaining('all 5 attempts'),
    })
  })

  it('that says it succeeded but left nothing fails loudly', async () => {
    await launched()
    await expect(concludeGeneration(platform, { ...of(), name: name(1), exit: done })).rejects.toMatchObject({
      code: 'corrupt',
    })
  })
})
