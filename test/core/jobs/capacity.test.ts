import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { capacityFor, type PastAttempt } from '../../../core/jobs/capacity.ts'
import { concludeAttempt } from '../../../core/jobs/conclude-attempt.ts'
import { planEvaluation } from '../../../core/jobs/evaluate-job.ts'
import type { Exit } from '../../../core/jobs/exit-rules.ts'
import { concludeGeneration, prepareGeneration } from '../../../core/jobs/generate-responses.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { admitted, prepared, trained } from '../support/driven-job.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const reclaimed: PastAttempt = { capacity: 'spot', ended_by: 'reclaimed' }
const none: PastAttempt = { capacity: 'spot', ended_by: 'no_capacity' }
const other: PastAttempt = { capacity: 'spot' }
const onDemand: PastAttempt = { capacity: 'on_demand' }

describe('the next attempt', () => {
  it.each<[string, PastAttempt[], 'spot' | 'on_demand']>([
    ['first', [], 'spot'],
    ['after one reclaim', [reclaimed], 'spot'],
    ['after two reclaims', [reclaimed, reclaimed], 'on_demand'],
    ['after two reclaims with something else in between', [reclaimed, other, reclaimed], 'on_demand'],
    ['when there was no spot host', [none], 'on_demand'],
    ['after other ends', [other, other, other], 'spot'],
    ['once it went on demand', [none, onDemand, onDemand], 'on_demand'],
  ])('%s runs on the capacity that follows', (_, past, capacity) => {
    expect(capacityFor(undefined, past)).toBe(capacity)
    expect(capacityFor('spot_then_on_demand', past)).toBe(capacity)
    expect(capacityFor('on_demand', past)).toBe('on_demand')
  })

  it('never goes back to spot', () => {
    const attempt = fc.constantFrom(reclaimed, none, other)
    fc.assert(
      fc.property(fc.array(attempt, { maxLength: 8 }), (ends) => {
        const past: PastAttempt[] = []
        for (const end of ends) past.push({ ...end, capacity: capacityFor(undefined, past) })
        const run = past.map(({ capacity }) => capacity)
        expect(run.toSorted((a, b) => (a === b ? 0 : a === 'spot' ? -1 : 1))).toEqual(run)
      }),
    )
  })
})

describe('a stage', () => {
  let platform: TestPlatform
  beforeEach(() => {
    platform = createTestPlatform()
  })
  const host: Exit = { code: null, reason: 'Host EC2 (instance i-1) terminated.' }
  const unplaced: Exit = {
    code: null,
    reason: 'Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
  }

  it('whose host is reclaimed twice goes on demand, and its launch says which queue and which share', async () => {
    const { id } = await admitted(platform)
    const launches = []
    for (const attempt of [1, 2, 3]) {
      launches.push((await prepared(platform, id)).launch)
      await concludeAttempt(platform, { job: id, run: 1, stage: 0, attempt, exit: host })
    }
    expect(launches).toMatchObject([
      { capacity: 'spot', share: 'smoke' },
      { capacity: 'spot' },
      { capacity: 'on_demand', share: 'smoke' },
    ])
    const { stages } = await getJob(platform.table, id)
    expect(stages[0]?.attempts.map(({ capacity, ended_by }) => [capacity, ended_by])).toEqual([
      ['spot', 'reclaimed'],
      ['spot', 'reclaimed'],
      ['on_demand', 'reclaimed'],
    ])
  })

  it('without capacity on spot goes on demand, and without any fails and says so', async () => {
    const { id } = await admitted(platform)
    const conclude = (attempt: number) =>
      concludeAttempt(platform, { job: id, run: 1, stage: 0, attempt, exit: unplaced })
    await prepared(platform, id)
    expect(await conclude(1)).toEqual({ decision: 'retry' })
    expect((await prepared(platform, id)).launch.capacity).toBe('on_demand')
    expect(await conclude(2)).toMatchObject({
      decision: 'fail',
      reason: expect.stringContaining('no capacity was to be had, on demand either'),
    })
  })

  it('of a recipe that wants no spot never waits for it', async () => {
    const { id } = await admitted(platform, { resources: { capacity: 'on_demand' } })
    expect((await prepared(platform, id)).launch.capacity).toBe('on_demand')
  })

  it('is followed by evaluations that fall back by themselves', async () => {
    const job = await admitted(platform)
    await trained(platform, job)
    const [evaluation = ''] = (await planEvaluation(platform, { job: job.id, run: 1 })).evaluations
    const of = { job: job.id, run: 1, evaluation }
    const capacity = async () => {
      const generation = await prepareGeneration(platform, of)
      return generation.skip ? undefined : generation.launch.capacity
    }
    const conclude = (attempt: number) =>
      concludeGeneration(platform, { ...of, name: `${evaluation}-a${attempt}`, exit: unplaced })
    expect(await capacity()).toBe('spot')
    expect(await conclude(1)).toEqual({ decision: 'retry' })
    expect(await conclude(1)).toEqual({ decision: 'retry' })
    expect(await capacity()).toBe('on_demand')
    expect(await conclude(2)).toMatchObject({ decision: 'fail' })
  })
})
