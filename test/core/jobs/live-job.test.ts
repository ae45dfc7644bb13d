import { beforeEach, expect, it } from 'vitest'
import { putAnomaly } from '../../../core/diagnostics/anomaly-store.ts'
import { changeJob } from '../../../core/jobs/change-job.ts'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import { jobEventDraft } from '../../../core/jobs/job-store.ts'
import { watchLive } from '../../../core/jobs/live-job.ts'
import { recordJobEvent } from '../../../core/jobs/record-event.ts'
import { appendRows } from '../../../core/metrics/append-rows.ts'
import type { Severity } from '../../../schemas/diagnostics.ts'
import { LiveEvent } from '../../../schemas/live.ts'
import { anomaly, findingEntry } from '../../support/live-samples.ts'
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

async function chunk(step: number, loss: number): Promise<void> {
  await appendRows(platform, { job, stage: 0, attempt: 1 }, [{ step, time: 1_700_000_000_000 + step, data: { loss } }])
}

/** As the rules find it: in the history, and kept unless told. */
async function find(sequence: number, severity: Severity, isKept = true): Promise<void> {
  await platform.table.put(jobEventDraft(job, sequence, findingEntry(job, sequence, severity)), 'any')
  if (isKept) await putAnomaly(platform.table, job, anomaly(sequence, severity))
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
    findings: () =>
      events.flatMap((each) => (each.event === 'anomaly' ? [`${each.data.id} ${each.data.severity}`] : [])),
    statuses: () => events.flatMap((each) => (each.event === 'status' ? [each.data.type] : [])),
    look: (ms = 1000) => platform.clock.advance(ms),
  }
}

it('a viewer gets the newest status, then what comes, and not what was there before', async () => {
  await chunk(1, 0.5)
  const viewer = view()
  await viewer.look(0)
  expect(viewer.statuses()).toEqual(['submitted'])
  expect(viewer.steps()).toEqual([])
  await chunk(2, Number.NaN)
  await viewer.look()
  expect(viewer.events.at(-1)).toMatchObject({
    event: 'metrics',
    data: { stage: 0, attempt: 1, steps: [2], times: [1_700_000_000_002], values: { total_loss: ['NaN'] } },
  })
})

it('a viewer that comes back with the last id gets everything after it, once', async () => {
  const first = view({ budgetMs: 3_000 })
  await chunk(1, 0.5)
  await first.look(4_000)
  expect(first.isOver()).toBe(true)
  await chunk(2, 0.4)
  await chunk(3, 0.3)
  const second = view({ after: first.events.at(-1)?.id as string })
  await second.look(0)
  expect(second.steps()).toEqual([2, 3])
  expect(second.statuses()).toEqual([])
})

it('every id is a place to go on from', async () => {
  for (let segment = 0; segment < 5; segment++) await chunk(segment + 1, 0.5)
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

it('an entry that never comes is passed over although metrics go on', async () => {
  const viewer = view()
  await viewer.look(0)
  await changeJob(platform, job, () => ({ event: 'preflight_started', message: 'started' }))
  await changeJob(platform, job, () => ({ event: 'ticket_issued', message: 'issued' }))
  await record((sequence) => sequence !== 2)
  for (let step = 1; step <= 8; step++) {
    await chunk(step, 0.5)
    await viewer.look()
  }
  expect(viewer.statuses()).toEqual(['submitted', 'ticket_issued'])
})

it('a viewer gets the newest status, every finding so far, then findings as they come and get worse', async () => {
  await find(2, 'medium')
  await find(3, 'high')
  const viewer = view()
  await viewer.look(0)
  expect(viewer.statuses()).toEqual(['submitted'])
  expect(viewer.findings()).toEqual(['0.1.kl_drift.2 medium', '0.1.kl_drift.3 high'])
  await find(4, 'low')
  await viewer.look()
  expect(viewer.findings()).toEqual(['0.1.kl_drift.2 medium', '0.1.kl_drift.3 high', '0.1.kl_drift.4 low'])
  expect(viewer.statuses()).toEqual(['submitted'])
})

it('every id among the findings so far is a place to go on from', async () => {
  await find(2, 'medium')
  await find(3, 'high')
  const all = view()
  await all.look(0)
  expect(all.events.map(({ event }) => event)).toEqual(['status', 'anomaly', 'anomaly'])
  for (const [i, { id }] of all.events.entries()) {
    const rest = view({ after: id })
    await rest.look(0)
    expect(rest.events).toEqual(all.events.slice(i + 1))
  }
})

it('a finding whose record is late is waited for, also by one who comes in between', async () => {
  const viewer = view()
  await viewer.look(0)
  await find(2, 'high', false)
  const second = view()
  await viewer.look()
  expect([viewer.findings(), second.findings()]).toEqual([[], []])
  await putAnomaly(platform.table, job, anomaly(2, 'medium'))
  await viewer.look()
  expect(viewer.findings()).toEqual([])
  await putAnomaly(platform.table, job, { ...anomaly(2, 'high'), last_step: 3 })
  await viewer.look()
  expect(viewer.findings()).toEqual(['0.1.kl_drift.2 high'])
  expect(second.findings()).toEqual(['0.1.kl_drift.2 high'])
})

it('a finding whose record never comes is told in the words of the history after 5 seconds', async () => {
  const viewer = view()
  await viewer.look(0)
  await find(2, 'high', false)
  await viewer.look(7000)
  expect(viewer.findings()).toEqual([])
  expect(viewer.statuses()).toEqual(['submitted', 'anomaly_found'])
})

it('an id of another job is refused by its name', async () => {
  const viewer = view()
  await viewer.look(0)
  const other = (await submitSample(platform)).id
  const after = viewer.events[0]?.id as string
  await expect(watchLive(platform, other, { pollMs: 1, budgetMs: 1, after }).next()).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining(other),
  })
})

it.each(['x', '1', '1.0.0', '-1.', '1.000.0001.00000001.0000x', '1.~', '1.!a b~x', ''])(
  'id "%s" is refused',
  async (after) => {
    await expect(watchLive(platform, job, { pollMs: 1, budgetMs: 1, after }).next()).rejects.toMatchObject({
      code: 'invalid',
    })
  },
)

it('a job that does not exist is not found before anything is sent', async () => {
  await expect(watchLive(platform, 'job-none', { pollMs: 1, budgetMs: 1 }).next()).rejects.toMatchObject({
    code: 'not_found',
  })
})
