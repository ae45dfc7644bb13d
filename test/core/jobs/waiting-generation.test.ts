import { beforeEach, expect, it } from 'vitest'
import { generationName } from '../../../core/jobs/artifacts.ts'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import { planEvaluation } from '../../../core/jobs/evaluate-job.ts'
import { viewJob } from '../../../core/jobs/view-job.ts'
import type { ComputeRecord } from '../../../core/platform/ports.ts'
import { admitted, trained } from '../support/driven-job.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const why = 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - no instance could be started'
let platform: TestPlatform
let job: string
let base: string
let tuned: string
const records = new Map<string, Partial<ComputeRecord>>()

beforeEach(async () => {
  records.clear()
  platform = createTestPlatform()
  platform.compute.describe = async (name) => {
    const record = records.get(name)
    return record && { id: name, name, status: 'runnable', createdAt: '2026-01-01T00:00:00.000Z', ...record }
  }
  const submitted = await admitted(platform)
  job = submitted.id
  await trained(platform, submitted)
  const { evaluations } = await planEvaluation(platform, { job, run: 1 })
  ;[base = '', tuned = ''] = evaluations.map((id) => generationName(id, 1))
})

const reason = async () => (await viewJob(platform, job)).reason

it('a job whose evaluation waits for a host says so, in the words of the compute service', async () => {
  records.set(base, { status: 'running' }).set(tuned, { statusReason: why })
  expect(await reason()).toEqual({
    code: 'waiting_capacity',
    message: `the evaluation of the tuned model on sample-suite waits for a host: ${why}`,
    evidence: [],
  })
})

it.each([
  ['is not submitted yet', undefined],
  ['starts', 'starting'],
  ['runs', 'running'],
  ['has ended', 'succeeded'],
] as const)('nothing is said of an evaluation that %s', async (_, status) => {
  if (status) for (const name of [base, tuned]) records.set(name, { status })
  expect(await reason()).toBeUndefined()
})

it('a job that is over keeps its own reason', async () => {
  records.set(base, { statusReason: why })
  await cancelJob(platform, job, 'enough')
  expect(await reason()).toMatchObject({ code: 'cancelled' })
})
