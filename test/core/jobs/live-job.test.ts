import { beforeEach, expect, it } from 'vitest'
import { changeJob } from '../../../core/jobs/change-job.ts'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import { watchLive } from '../../../core/jobs/live-job.ts'
import { recordJobEvent } from '../../../core/jobs/record-event.ts'
import { chunkDraft } from '../../../core/metrics/metric-store.ts'
import { LiveEvent } from '../../../schemas/live.ts'
import { prepareProject, submitSample } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let job: string

beforeEach(async () => {
  platform = createTestPlatform()
  await prepareProject(platform)
  job = (await submitSample(platform)).id
  await record()
})

const ofJob = () => platform.events().filter(({ subject }) => subject === job)

async function record(only: (sequence: number) => boolean = () => true): Promise<void> {
  for (const event of ofJob()) if (only(Number(event.data.sequence))) await recordJobEvent(platform, event)
}

async function chunk(segment: number, step: number, loss: number | 'NaN', attempt = 1): Promise<void> {
  const lines = [{ step, ts: '2026-01-01T00:00:00.000Z', data: { loss } }]
  await platform.metrics.put(chunkDraft({ job, stage: 0, attempt }, segment, 0, lines), 'any')
}

/** Starts a viewer; `seen()` has what it got so far, `look(ms)` lets that time pass. */
function view(options: { after?: string; budgetMs?: number } = {}) {
  const events: LiveEvent[] = []
  let over = false
  const finished = (async () => {
    for await (const event of watchLive(platform, job, { pollMs: 1000, budgetMs: 55_000, ...options }))
      if (event) events.push(LiveEvent.parse(event))
    over = true
  })()
  return {
    events,
    finished,
    isOver: () => over,
    steps: () => events.flatMap((each) => (each.event === 'metrics' ? each.data.steps : [])),
    statuses: () => events.flatMap((each) => (each.event === 'status' ? [each.data.type] : [])),
    look: (ms = 1000) => platform.clock.advance(ms),
  }
}

it('a viewer gets the newest status, then what comes, and not what was there before', async () => {
  await chunk(0, 1, 0.5)
  const viewer = view()
  await viewer.look(0)
  expect(viewer.statuses()).toEqual(['submitted'])
  expect(viewer.steps()).toEqual([])
  await chunk(1, 2, 'NaN')
  await viewer.look()
  expect(viewer.events.at(-1)).toMatchObject({
    event: 'metrics',
    data: { stage: 0, attempt: 1, steps: [2], values: { loss: ['NaN'] } },
  })
})

it('a viewer that comes back with the last id gets everything after it, once', async () => {
  const first = view({ budgetMs: 3_000 })
  await chunk(0, 1, 0.5)
  await first.look(4_000)
  expect(first.isOver()).toBe(true)
  await chunk(1, 2, 0.4)
  await chunk(2, 3, 0.3)
  const second = view({ after: first.events.at(-1)?.id as string })
  await second.look(0)
  expect(second.steps()).toEqual([2, 3])
  expect(second.statuses()).toEqual([])
})

it('every id is a place to go on from', async () => {
  for (let segment = 0; segment < 5; segment++) await chunk(segment, segment + 1, 0.5)
  await changeJob(platform, job, () => ({ event: 'preflight_started', message: 'started' }))
  await record()
  const all = view({ after: '0.' })
  await all.look(0)
  expect(all.steps()).toEqual([1, 2, 3, 4, 5])
  for (const [i, { id }] of all.events.entries()) {
    const rest = view({ after: id })
    await rest.look(0)
    expect(rest.events).toEqual(all.events.slice(i + 1))
  }
})

it('a history entry that is late is waited for, so that the order holds', async () => {
  const viewer = view()
  await viewer.look(0)
  await changeJob(platform, job, () => ({ event: 'preflight_started', message: 'started' }))
  await changeJob(platform, job, () => ({ event: 'ticket_issued', message: 'issued' }))
  await record((sequence) => sequence === 3)
  await viewer.look(2000)
  expect(viewer.statuses()).toEqual(['submitted'])
  await record()
  await viewer.look()
  expect(viewer.statuses()).toEqual(['submitted', 'preflight_started', 'ticket_issued'])
})

it('an entry that never comes is passed over after 5 seconds', async () => {
  const viewer = view()
  await viewer.look(0)
  await changeJob(platform, job, () => ({ event: 'preflight_started', message: 'started' }))
  await changeJob(platform, job, () => ({ event: 'ticket_issued', message: 'issued' }))
  await record((sequence) => sequence !== 2)
  await viewer.look(6000)
  expect(viewer.statuses()).toEqual(['submitted', 'ticket_issued'])
})

it('the stream of a job that is over ends itself and says so, also to one who comes back', async () => {
  await cancelJob(platform, job, 'enough')
  await record()
  const viewer = view()
  await viewer.look(2000)
  await viewer.finished
  expect(viewer.events.map(({ event }) => event)).toEqual(['status', 'end'])
  expect(viewer.events.at(-1)?.data).toEqual({ status: 'cancelled' })
  const again = view({ after: viewer.events.at(-1)?.id as string })
  await again.look(0)
  expect(again.events.map(({ event }) => event)).toEqual(['end'])
})

it('the end waits for the last entry of the history', async () => {
  const viewer = view()
  await viewer.look(0)
  await cancelJob(platform, job, 'enough')
  await viewer.look(2000)
  expect(viewer.isOver()).toBe(false)
  await record()
  await viewer.look(2000)
  expect(viewer.events.map(({ event }) => event)).toEqual(['status', 'status', 'end'])
})

it.each(['x', '1', '1.0.0', '-1.', '1.000.0001.00000001.0000x', ''])('id "%s" is refused', async (after) => {
  await expect(watchLive(platform, job, { pollMs: 1, budgetMs: 1, after }).next()).rejects.toMatchObject({
    code: 'invalid',
  })
})

it('a job that does not exist is not found before anything is sent', async () => {
  await expect(watchLive(platform, 'job-none', { pollMs: 1, budgetMs: 1 }).next()).rejects.toMatchObject({
    code: 'not_found',
  })
})
