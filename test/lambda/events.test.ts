import { beforeEach, describe, expect, it } from 'vitest'
import { listJobEvents } from '../../core/jobs/job-store.ts'
import type { BusinessEvent } from '../../core/platform/business-events.ts'
import { createEventHandler } from '../../functions/lambda/event-handler.ts'
import { manifest } from '../../functions/manifest.ts'
import type { Job } from '../../schemas/job.ts'
import { prepareProject, submitSample } from '../core/support/project.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'
import { busEvent } from './support/aws-events.ts'
import { context, type TestEntry, testEntry } from './support/test-entry.ts'

let platform: TestPlatform
let job: Job
let submitted: BusinessEvent
beforeEach(async () => {
  platform = createTestPlatform()
  await prepareProject(platform)
  job = await submitSample(platform)
  submitted = platform.events().find(({ subject }) => subject === job.id) as BusinessEvent
})

const consume = (entry: TestEntry, event: unknown) => createEventHandler(entry)(event, context)
const counted = ({ lines }: TestEntry) => lines.flatMap((line) => Object.keys(line).filter((name) => line[name] === 1))

describe('a business event', () => {
  it('reaches its consumer with the data that was written', async () => {
    const entry = testEntry('start-job', platform)
    await consume(entry, busEvent(submitted))
    expect(platform.workflows.started).toMatchObject([{ name: `${job.id}-1`, input: { job: job.id, run: 1 } }])
    expect(entry.lines).toMatchObject([
      { message: 'done', function: 'start-job', event: submitted.id, subject: job.id },
    ])
  })

  it('is taken as well with its data as an object, which a pipe may make of JSON text', async () => {
    const event = busEvent(submitted) as { detail: { data: string } }
    const detail = { ...event.detail, data: JSON.parse(event.detail.data) }
    await consume(testEntry('start-job', platform), { ...event, detail })
    expect(platform.workflows.started).toMatchObject([{ input: { job: job.id, run: 1 } }])
  })

  it('that comes again changes nothing', async () => {
    const entry = testEntry('record-event', platform)
    for (let i = 0; i < 3; i++) await consume(entry, busEvent(submitted))
    expect((await listJobEvents(platform.table, job.id, {})).items).toHaveLength(1)
    const starter = testEntry('start-job', platform)
    for (let i = 0; i < 3; i++) await consume(starter, busEvent(submitted))
    expect(platform.workflows.started).toHaveLength(1)
  })

  it.each(['succeeded', 'failed', 'refused', 'cancelled'])('that ends a job as %s is counted once', async (status) => {
    const finished: BusinessEvent = {
      ...submitted,
      id: `${job.id}#9`,
      type: 'job.finished.v1',
      data: { ...submitted.data, sequence: 9, status, event: status, message: 'over' },
    }
    const entries = ['record-event', 'stop-job'].map((name) => testEntry(name, platform))
    for (const entry of entries) await consume(entry, busEvent(finished))
    expect(entries.flatMap(counted).filter((name) => name.startsWith('job_'))).toEqual([`job_${status}`])
  })

  it.each<[string, (event: ReturnType<typeof busEvent>) => unknown]>([
    ['of another type', (event) => ({ ...event, detail: { ...event.detail, type: 'model.registered.v1' } })],
    ['of another source', (event) => ({ ...event, source: 'aws.s3' })],
    ['without id', (event) => ({ ...event, detail: { ...event.detail, id: '' } })],
    ['whose data is neither text nor object', (event) => ({ ...event, detail: { ...event.detail, data: 5 } })],
    ['whose data is no JSON', (event) => ({ ...event, detail: { ...event.detail, data: '{"job":' } })],
    ['whose data is no object', (event) => ({ ...event, detail: { ...event.detail, data: '[1]' } })],
    ['with a field that nobody knows', (event) => ({ ...event, detail: { ...event.detail, more: 1 } })],
    ['without detail', ({ detail: _, ...event }) => event],
    ['that is nothing', () => undefined],
  ])('%s throws the reason, is counted, and writes nothing', async (_what, change) => {
    for (const name of ['start-job', 'record-event']) {
      const entry = testEntry(name, platform)
      await expect(consume(entry, change(busEvent(submitted)))).rejects.toMatchObject({ code: 'invalid' })
      expect(counted(entry)).toEqual(['fault_invalid'])
      expect(entry.writes).toEqual([])
    }
    expect(platform.workflows.started).toEqual([])
  })

  it('whose consumer fails throws that error on, so that it is delivered again', async () => {
    const failure = new Error('the table is away')
    const get = () => Promise.reject(failure)
    const entry = testEntry('start-job', platform, { table: { ...platform.table, get } })
    await expect(consume(entry, busEvent(submitted))).rejects.toBe(failure)
    expect(counted(entry)).toEqual(['fault_unexpected'])
  })
})

describe('a tick', () => {
  it.each([undefined, {}, { any: 'thing' }])('of the clock needs no content: %j', async (payload) => {
    await consume(testEntry('reconcile', platform), payload)
    expect(platform.workflows.started).toHaveLength(1)
  })

  it.each([undefined, {}, { schedule: 'nightly' }, { schedule: 'nightly', scheduled_at: 'now' }])(
    'of a user`s schedule names it and its time, or is refused: %j',
    async (payload) => {
      const entry = testEntry('run-schedule', platform)
      await expect(consume(entry, payload)).rejects.toMatchObject({ code: 'invalid' })
      expect(entry.writes).toEqual([])
    },
  )

  it('of a schedule that is gone does nothing', async () => {
    const entry = testEntry('run-schedule', platform)
    await consume(entry, { schedule: 'nightly', scheduled_at: '2026-11-20T21:00:00Z' })
    expect(entry.writes).toEqual([])
  })
})

describe('the function of a consumer', () => {
  it.each(manifest.filter(({ family }) => family === 'events').map(({ name }) => name))('%s exists', (name) => {
    expect(createEventHandler(testEntry(name, platform))).toBeTypeOf('function')
  })

  it.each([
    ['api', 'consumes no events'],
    ['nobody', 'has no function "nobody"'],
  ])('%s does not, and does not start', (name, reason) => {
    expect(() => createEventHandler(testEntry(name, platform))).toThrow(reason)
  })
})
