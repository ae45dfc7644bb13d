import { describe, expect, it } from 'vitest'
import { createPriceList, jobComputeMs, jobCost } from '../../../core/jobs/job-cost.ts'
import { Fault } from '../../../core/platform/fault.ts'
import type { Attempt, Stage } from '../../../schemas/job.ts'
import { prepareProject, submitSample } from '../support/project.ts'
import { second } from '../support/stored-job.ts'
import { createTestPlatform } from '../support/test-platform.ts'

const at = (seconds: number) => second(seconds).toISOString()
const attempt = (ran?: number, ended?: number): Attempt => ({
  number: 1,
  status: 'prepared',
  compute_job: 'c',
  resumed_from_step: 0,
  exit_code: null,
  started_at: at(0),
  ...(ran !== undefined && { compute: { id: 'c', status: 'running', running_at: at(ran) } }),
  ...(ended !== undefined && { ended_at: at(ended) }),
})
const job = (...attempts: Attempt[]) => ({
  stages: [{ index: 0, algorithm: 'sft', status: 'running', planned_steps: 10, attempts } satisfies Stage],
})

describe('the cost of a job', () => {
  it('is the time of its containers at the price of an hour, whatever waits for a host', () => {
    const both = job(attempt(100, 1900), attempt(2000))
    expect(jobComputeMs(both, second(3800))).toBe(3_600_000)
    expect(jobCost(both, 2.5, second(3800))).toBe(2.5)
    expect(jobCost(job(attempt()), 2.5, second(3800))).toBe(0)
  })

  it('ends with the job where the end of an attempt was not seen, and never runs backwards', () => {
    expect(jobComputeMs({ ...job(attempt(100)), finished_at: at(160) }, second(9000))).toBe(60_000)
    expect(jobComputeMs(job(attempt(100, 40)), second(9000))).toBe(0)
  })

  it('is not known without a price', () => {
    expect(jobCost(job(attempt(0)), null, second(10))).toBeNull()
  })
})

describe('a price list', () => {
  it('asks for each definition once', async () => {
    const platform = createTestPlatform()
    await prepareProject(platform)
    const one = await submitSample(platform)
    platform.compute.setDefinition({ usdPerHour: 3 })
    const asked: string[] = []
    const { describeDefinition } = platform.compute
    platform.compute.describeDefinition = (name) => {
      asked.push(name)
      return describeDefinition(name)
    }
    const priceOf = createPriceList(platform)
    expect(await Promise.all([priceOf(one), priceOf(one), priceOf({ ...one, id: 'job-x' })])).toEqual([3, 3, 3])
    expect(asked).toEqual(['tiny-trainer'])
  })

  it('has no price for a definition that is gone or not to be had, and hides no other error', async () => {
    const platform = createTestPlatform()
    await prepareProject(platform)
    const one = await submitSample(platform)
    platform.compute.setDefinition(undefined)
    expect(await createPriceList(platform)(one)).toBeNull()
    platform.compute.describeDefinition = async () => {
      throw new Fault('busy', 'throttled')
    }
    expect(await createPriceList(platform)(one)).toBeNull()
    platform.compute.describeDefinition = async () => {
      throw new Error('a defect')
    }
    await expect(createPriceList(platform)(one)).rejects.toThrow('a defect')
  })
})
