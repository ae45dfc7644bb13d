import { beforeEach, describe, expect, it } from 'vitest'
import { changeJob, requireLive } from '../../../core/jobs/change-job.ts'
import { getJob, jobKey, listJobEvents, listJobs, liveJobs } from '../../../core/jobs/job-store.ts'
import { recordJobEvent } from '../../../core/jobs/record-event.ts'
import { Job } from '../../../schemas/job.ts'
import { prepareProject, submitSample } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let job: Job
beforeEach(async () => {
  platform = createTestPlatform()
  await prepareProject(platform)
  job = await submitSample(platform)
})

const cancel = { event: 'cancelled' as const, message: 'enough' }
const fail = { event: 'failed' as const, message: 'broken', patch: { error_message: 'broken' } }
const start = { event: 'preflight_started' as const, message: 'preflight started' }
const jobEvents = () => platform.events().filter(({ subject }) => subject === job.id)

describe('a change of a job', () => {
  it('moves its status, keeps the rest and stays within the schema', async () => {
    await platform.clock.advance(1000)
    const changed = await changeJob(platform, job.id, () => start)
    expect(changed).toEqual({ ...job, status: 'validating', updated_at: '2026-01-01T00:00:01.000Z' })
    expect(await getJob(platform.table, job.id)).toEqual(changed)
    expect(Job.parse(changed)).toEqual(changed)
  })

  it('that ends it says when, and one that resumes it takes that back', async () => {
    const failed = await changeJob(platform, job.id, () => fail)
    expect(failed).toMatchObject({ status: 'failed', finished_at: '2026-01-01T00:00:00.000Z' })
    const patch = { run: 2, finished_at: undefined, error_message: undefined }
    const resumed = await changeJob(platform, job.id, () => ({ event: 'resumed', message: 'again', patch }))
    expect(resumed).toMatchObject({ status: 'submitted', run: 2 })
    expect(resumed).not.toHaveProperty('finished_at')
    expect(resumed).not.toHaveProperty('error_message')
  })

  it('that is late is refused and writes nothing', async () => {
    await changeJob(platform, job.id, () => cancel)
    const before = await platform.table.get(jobKey(job.id))
    await expect(changeJob(platform, job.id, () => start)).rejects.toMatchObject({
      code: 'illegal_transition',
      message: `job ${job.id} is cancelled: preflight started is not possible any more`,
    })
    expect(await platform.table.get(jobKey(job.id))).toEqual(before)
  })

  it('that is none writes nothing', async () => {
    expect(await changeJob(platform, job.id, () => undefined)).toEqual(job)
    expect((await platform.table.get(jobKey(job.id)))?.version).toBe(1)
  })

  it('of a job that does not exist is refused', async () => {
    await expect(changeJob(platform, 'job-x', () => cancel)).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('two changes at once', () => {
  it('of which only one may happen: the later one sees the earlier and loses', async () => {
    const changes = await Promise.allSettled([
      changeJob(platform, job.id, () => cancel),
      changeJob(platform, job.id, () => fail),
    ])
    expect(changes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect((await platform.table.get(jobKey(job.id)))?.version).toBe(2)
  })

  it('that both may happen both count', async () => {
    await changeJob(platform, job.id, () => start)
    const label = (key: string) =>
      changeJob(platform, job.id, (now) => ({ ...start, patch: { labels: { ...now.labels, [key]: '1' } } }))
    await Promise.all(['a', 'b', 'c', 'd'].map(label))
    expect((await getJob(platform.table, job.id)).labels).toEqual({ a: '1', b: '1', c: '1', d: '1' })
  })
})

describe('the events of a job', () => {
  it('are one per write, named by job and version, of the right type', async () => {
    await changeJob(platform, job.id, () => start)
    await changeJob(platform, job.id, () => undefined)
    await changeJob(platform, job.id, () => fail)
    await changeJob(platform, job.id, () => ({ event: 'resumed', message: 'again', patch: { run: 2 } }))
    expect(jobEvents().map(({ id, type, data }) => [id, type, data.sequence, data.run, data.status])).toEqual([
      [`${job.id}#1`, 'job.submitted.v1', 1, 1, 'submitted'],
      [`${job.id}#2`, 'job.changed.v1', 2, 1, 'validating'],
      [`${job.id}#3`, 'job.finished.v1', 3, 1, 'failed'],
      [`${job.id}#4`, 'job.submitted.v1', 4, 2, 'submitted'],
    ])
  })

  it('make the same history in any order and however often they come', async () => {
    await changeJob(platform, job.id, () => start)
    await changeJob(platform, job.id, () => cancel)
    const events = jobEvents()
    for (const event of [...events.toReversed(), ...events]) await recordJobEvent(platform, event)
    const history = (await listJobEvents(platform.table, job.id, {})).items
    expect(history.map(({ id, type, status, message }) => [id, type, status, message])).toEqual([
      [`${job.id}#1`, 'submitted', 'submitted', 'submitted with recipe sample version 1'],
      [`${job.id}#2`, 'preflight_started', 'validating', 'preflight started'],
      [`${job.id}#3`, 'cancelled', 'cancelled', 'enough'],
    ])
  })
})

describe('the lists', () => {
  const ids = (jobs: readonly Job[]) => jobs.map(({ id }) => id)

  it('show live jobs oldest first, all jobs newest first, page by page', async () => {
    const jobs = [job]
    for (let i = 0; i < 3; i++) {
      await platform.clock.advance(1000)
      jobs.push(await submitSample(platform))
    }
    await changeJob(platform, jobs[1]?.id ?? '', () => cancel)
    expect(ids(await Array.fromAsync(liveJobs(platform.table)))).toEqual(ids(jobs.filter((_, i) => i !== 1)))

    const first = await listJobs(platform.table, { limit: 3 })
    const second = await listJobs(platform.table, { limit: 3, cursor: first.cursor })
    expect(ids([...first.items, ...second.items])).toEqual(ids(jobs.toReversed()))
    expect(second.cursor).toBeUndefined()
  })
})

it('a step of an earlier run, or of a job that is over, sees that it is late', async () => {
  expect(requireLive(job, 1)).toBe(job)
  expect(() => requireLive(job, 2)).toThrow('run 2 is over')
  expect(() => requireLive({ ...job, status: 'cancelled' }, 1)).toThrow('is cancelled')
})
