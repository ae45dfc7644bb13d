import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { concludeAttempt } from '../../../core/jobs/conclude-attempt.ts'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { prepareAttempt } from '../../../core/jobs/prepare-attempt.ts'
import { viewJob } from '../../../core/jobs/view-job.ts'
import type { ComputeRecord } from '../../../core/platform/ports.ts'
import { computeChanged } from '../../../functions/events/compute-changed.ts'
import { queueBlocked } from '../../../functions/events/queue-blocked.ts'
import { type Job, Job as JobSchema } from '../../../schemas/job.ts'
import { admitted } from '../support/driven-job.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const at = '2026-01-01T00:00:00.000Z'
const noHost = 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested'

/** What the compute service says of a job, one after the other. */
const life: Omit<ComputeRecord, 'name'>[] = [
  { id: 'b-1', status: 'submitted', createdAt: at },
  { id: 'b-1', status: 'runnable', createdAt: at },
  { id: 'b-1', status: 'runnable', statusReason: noHost, createdAt: at },
  { id: 'b-1', status: 'starting', createdAt: at },
  { id: 'b-1', status: 'running', createdAt: at, startedAt: at },
  { id: 'b-1', status: 'failed', createdAt: at, startedAt: at, stoppedAt: at, exitCode: 75 },
]

let platform: TestPlatform
let job: Job
let says: number
async function start(): Promise<void> {
  platform = createTestPlatform()
  job = await admitted(platform)
  says = 0
  platform.compute.describe = async (name) => {
    const said = life[says]
    return said && { ...said, name }
  }
  await prepareAttempt(platform, { job: job.id, run: 1, stage: 0 })
}
beforeEach(start)

const name = () => `${job.id}-s0-a1`
const record = () => getJob(platform.table, job.id)
const compute = async () => (await record()).stages[0]?.attempts[0]?.compute
async function hear(moment: number): Promise<void> {
  says = moment
  await computeChanged(platform, name())
}

describe('an attempt', () => {
  it('that waits for a host is the reason why its job does not move, in the words of the compute service', async () => {
    await hear(1)
    expect(await record()).toMatchObject({
      status: 'running',
      reason: {
        code: 'waiting_capacity',
        stage: 0,
        message: 'stage 0 (sft) attempt 1 waits for a host (spot): none is assigned yet',
      },
    })
    says = 2
    await queueBlocked(platform, name())
    const waiting = await record()
    expect(waiting.reason?.message).toBe(`stage 0 (sft) attempt 1 waits for a host (spot): ${noHost}`)
    expect(JobSchema.parse(waiting)).toEqual(waiting)
    expect((await viewJob(platform, job.id)).reason).toEqual(waiting.reason)
  })

  it('that has started gives no reason any more, and says since when it runs', async () => {
    await hear(2)
    await hear(3)
    expect(await record()).not.toHaveProperty('reason')
    await hear(4)
    expect(await compute()).toEqual({ id: 'b-1', status: 'running', running_at: at })
    expect(platform.events().at(-1)?.data.message).toBe('stage 0 (sft) attempt 1 runs from step 1 of 4')
  })

  it('is not set back by a description that is older than what is known', async () => {
    await hear(4)
    const before = await record()
    for (const older of [3, 2, 1, 0]) await hear(older)
    expect(await record()).toEqual(before)
  })

  it('makes no write when there is nothing new', async () => {
    await hear(2)
    const writes = platform.events().length
    for (let again = 0; again < 3; again++) await hear(2)
    expect(platform.events()).toHaveLength(writes)
  })
})

it('hints about other compute jobs, jobs that do not exist and jobs that Batch forgot change nothing', async () => {
  const before = await record()
  for (const other of [
    'ev-00000000000000000001-a1',
    'somebody-elses',
    'job-0000000000000000000x-s0-a1',
    `${job.id}-s7-a1`,
  ])
    await computeChanged(platform, other)
  platform.compute.describe = async () => undefined
  await computeChanged(platform, name())
  expect(await record()).toEqual(before)
})

it('however hints are lost, repeated, late or reordered among the changes, the record ends the same', async () => {
  const moment = fc.integer({ min: 0, max: life.length - 1 })
  const hints = fc.array(fc.array(moment, { maxLength: 4 }), { minLength: 4, maxLength: 4 })
  const end = fc.constantFrom('retry', 'cancel', 'conclude twice', 'conclude what is forgotten')
  const play = async (heard: number[][], how: string) => {
    await start()
    const hearAll = async (group: number) => {
      for (const each of heard[group] ?? []) await hear(each)
    }
    await hearAll(0)
    await hearAll(1)
    says = how === 'conclude what is forgotten' ? life.length : life.length - 1
    const conclude = () =>
      concludeAttempt(platform, { job: job.id, run: 1, stage: 0, attempt: 1, exit: { code: 75, reason: '' } })
    if (how === 'cancel') await cancelJob(platform, job.id, 'enough')
    else await conclude()
    await hearAll(2)
    says = life.length - 1
    if (how === 'conclude twice') await conclude()
    await hearAll(3)
    return record()
  }
  await fc.assert(
    fc.asyncProperty(hints, end, async (heard, how) => {
      expect(await play(heard, how)).toEqual(await play([], how))
    }),
    { numRuns: 30 },
  )
})
