import { beforeEach, expect, it } from 'vitest'
import { putAnomaly } from '../../../core/diagnostics/anomaly-store.ts'
import { createPlayControl } from '../../../core/jobs/play-control.ts'
import { playJob } from '../../../core/jobs/play-job.ts'
import type { Recorded } from '../../../core/jobs/play-rows.ts'
import { PlaybackEvent, type PlaybackQuery } from '../../../schemas/live.ts'
import { every, type Row, recorded } from '../../support/live-recorded.ts'
import { anomaly } from '../../support/live-samples.ts'
import { prepareProject, submitSample } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let job: string

beforeEach(async () => {
  platform = createTestPlatform()
  await prepareProject(platform)
  job = (await submitSample(platform)).id
})

/** Plays and notes when each event came, in milliseconds from the start. */
function play(
  source: Recorded,
  query: Partial<PlaybackQuery> = {},
  options: { after?: string; budgetMs?: number } = {},
) {
  const events: (PlaybackEvent & { at: number })[] = []
  const control = createPlayControl()
  const gone = new AbortController()
  const started = platform.clock.now().getTime()
  const asked = { speed: 1, ...query }
  const finished = (async () => {
    const playing = playJob(platform, source, job, asked, {
      budgetMs: 3_600_000,
      signal: gone.signal,
      control,
      ...options,
    })
    for await (const event of playing)
      events.push({ ...PlaybackEvent.parse(event), at: platform.clock.now().getTime() - started })
  })()
  const only = <Name extends PlaybackEvent['event']>(name: Name) =>
    events.filter((each): each is Extract<PlaybackEvent, { event: Name }> & { at: number } => each.event === name)
  return {
    events,
    control,
    finished,
    only,
    leave: () => gone.abort(),
    look: (ms: number) => platform.clock.advance(ms),
    steps: () => only('metrics').flatMap(({ data }) => data.steps),
    /** [step, milliseconds] */
    pace: () => only('metrics').flatMap(({ data, at }) => data.steps.map((step) => [step, at])),
  }
}

const fault = async (source: Recorded, query: Partial<PlaybackQuery>, after?: string) => {
  const options = { budgetMs: 1, ...(after !== undefined && { after }) }
  return playJob(platform, source, job, { speed: 1, ...query }, options)
    .next()
    .then(
      () => 'played',
      (error) => error,
    )
}

it('rows come at their recorded pace between meta and end', async () => {
  const source = recorded([
    { step: 1, time: 10, data: { loss: 3 } },
    { step: 2, time: 12, data: { loss: Number.NaN, kl: 1 } },
    { step: 3, time: 12.5, data: { kl: 2 } },
  ])
  const viewer = play(source)
  await viewer.look(10_000)
  await viewer.finished
  expect(viewer.pace()).toEqual([
    [1, 0],
    [2, 2000],
    [3, 2500],
  ])
  expect(viewer.events[0]).toMatchObject({
    event: 'meta',
    data: { job, stage: 0, attempt: null, start_step: 1, end_step: 3, total_rows: 3, names: ['kl', 'loss'], speed: 1 },
  })
  expect(viewer.only('meta')[0]?.data.recorded_seconds).toBe(2.5)
  expect(viewer.only('metrics').map(({ data }) => data.values)).toEqual([
    { loss: [3] },
    { kl: [1], loss: ['NaN'] },
    { kl: [2] },
  ])
  expect(viewer.events.slice(-2)).toMatchObject([
    { event: 'progress', data: { step: 3, rows: 3, total_rows: 3, percent: 100, remaining_seconds: 0 } },
    { event: 'end', data: { rows: 3 } },
  ])
})

it.each([
  [0.1, 20_000],
  [2, 1000],
  [10, 200],
])('at speed %d a gap of 2 s takes %d ms', async (speed, ms) => {
  const viewer = play(recorded(every(2, 2)), { speed })
  await viewer.look(30_000)
  expect(viewer.pace()).toEqual([
    [1, 0],
    [2, ms],
  ])
})

it('a standstill is played as 5 s, a clock set back as none, and a row without a time after its step time or 1 s', async () => {
  const nan = Number.NaN
  const source = recorded([
    { step: 1, time: 0 },
    { step: 2, time: 86_400 },
    { step: 3, time: 80_000 },
    { step: 4, time: nan, data: { step_time: 0.5 } },
    { step: 5, time: nan },
    { step: 6, time: nan, data: { step_time: nan } },
  ])
  const viewer = play(source)
  await viewer.look(30_000)
  expect(viewer.pace().map(([, at]) => at)).toEqual([0, 5_000, 5_000, 5_500, 6_500, 7_500])
  expect(viewer.only('meta')[0]?.data.recorded_seconds).toBe(86_402.5)
})

it('fast playback sends at most 20 messages a second, progress every second, and every row once', async () => {
  const viewer = play(recorded(every(0.01, 5_000)), { speed: 10 })
  await viewer.look(10_000)
  await viewer.finished
  expect(viewer.steps()).toEqual(Array.from({ length: 5_000 }, (_, i) => i + 1))
  const perSecond = Map.groupBy(viewer.only('metrics'), ({ at }) => Math.floor(at / 1000))
  for (const [, messages] of perSecond) expect(messages.length).toBeLessThanOrEqual(21)
  const told = viewer.only('progress').map(({ at }) => at)
  expect(told.length).toBeGreaterThanOrEqual(5)
  for (const [i, at] of told.entries()) expect(at - (told[i - 1] ?? 0)).toBeLessThanOrEqual(1_060)
})

it('progress comes once a second while a slow playback waits for its next row', async () => {
  const viewer = play(recorded(every(5, 2)), { speed: 0.5 })
  await viewer.look(4_500)
  expect(viewer.only('progress').map(({ at, data }) => [at, data.remaining_seconds])).toEqual([
    [1000, 9],
    [2000, 8],
    [3000, 7],
    [4000, 6],
  ])
  viewer.leave()
  await viewer.finished
})

it('findings come behind the row at which they began, those of another attempt or another stage not at all', async () => {
  const source = recorded([
    { step: 1, time: 0 },
    { step: 2, time: 0 },
    { step: 5, time: 0, attempt: 2 },
  ])
  for (const each of [anomaly(1, 'low'), anomaly(2, 'high'), anomaly(4, 'low', 2), anomaly(5, 'low', 1)])
    await putAnomaly(platform.table, job, each)
  await putAnomaly(platform.table, job, { ...anomaly(1, 'low'), stage: 1 })
  const viewer = play(source)
  await viewer.look(5_000)
  const told = viewer.events.flatMap((each): (string | number)[] =>
    each.event === 'metrics' ? each.data.steps : each.event === 'anomaly' ? [each.data.id] : [],
  )
  expect(told).toEqual([1, '0.1.kl_drift.1', 2, '0.1.kl_drift.2', 5, '0.2.kl_drift.4'])
  expect(viewer.only('metrics').map(({ data }) => data.attempt)).toEqual([1, 1, 2])
})

it('a range of steps, some names and the branch of an attempt can be asked for; the newest stage with points is the default', async () => {
  const rows: Row[] = [1, 2, 3, 4].map((step) => ({
    step,
    time: step,
    attempt: step > 2 ? 2 : 1,
    data: { kl_ref: step, loss: step },
  }))
  const source = recorded(rows, rows.slice(0, 2), [])
  const range = play(source, { stage: 0, start_step: 2, end_step: 3, names: 'kl_divergence' })
  const newest = play(source)
  const branch = play(source, { stage: 0, attempt: 2 })
  await range.look(10_000)
  expect(range.only('metrics').map(({ data }) => [data.steps, data.values])).toEqual([
    [[2], { kl_ref: [2] }],
    [[3], { kl_ref: [3] }],
  ])
  expect([newest.only('meta')[0]?.data.stage, newest.steps()]).toEqual([1, [1, 2]])
  expect([branch.only('meta')[0]?.data.attempt, branch.steps()]).toEqual([2, [3, 4]])
})

it('every id is a place to go on from: rows and findings come once', async () => {
  for (const step of [2, 3]) await putAnomaly(platform.table, job, anomaly(step, 'high'))
  await putAnomaly(platform.table, job, { ...anomaly(2, 'low'), rule: 'loss_plateau', id: '0.1.loss_plateau.2' })
  const source = recorded(every(1, 4))
  const all = play(source)
  await all.look(20_000)
  const told = (events: PlaybackEvent[]) =>
    events.flatMap(({ event, data, id }) => (event === 'metrics' || event === 'anomaly' ? [{ data, id }] : []))
  for (const [i, { id }] of all.events.entries()) {
    const rest = play(source, {}, { after: id })
    await rest.look(20_000)
    expect(rest.events[0]?.event).toBe('meta')
    expect(told(rest.events)).toEqual(told(all.events.slice(i + 1)))
    expect(rest.events.at(-1)).toMatchObject({ event: 'end', data: { rows: 4 } })
  }
})

it('a stream ends itself at its budget without saying end, and the next goes on with the next row', async () => {
  const source = recorded(every(1, 100))
  const first = play(source, {}, { budgetMs: 55_000 })
  await first.look(60_000)
  await first.finished
  expect(first.only('end')).toEqual([])
  const second = play(source, {}, { after: first.events.at(-1)?.id as string })
  await second.look(60_000)
  await second.finished
  expect([...first.steps(), ...second.steps()]).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
})

it('commands change a playback at once, and each is answered with where it is', async () => {
  const viewer = play(recorded(every(1, 20)))
  const answer = () => viewer.only('progress').at(-1)
  await viewer.look(2_300)
  expect(viewer.steps()).toEqual([1, 2, 3])
  viewer.control.send({ action: 'pause' })
  await viewer.look(0)
  expect(answer()).toMatchObject({ at: 2_300, data: { paused: true, rows: 3, remaining_seconds: 16.7 } })
  await viewer.look(60_000)
  expect(viewer.steps()).toEqual([1, 2, 3])
  viewer.control.send({ action: 'resume' })
  await viewer.look(699)
  expect(viewer.steps()).toEqual([1, 2, 3])
  await viewer.look(1)
  expect(viewer.steps()).toEqual([1, 2, 3, 4])
  viewer.control.send({ action: 'speed', speed: 10 })
  await viewer.look(100)
  expect(viewer.steps().at(-1)).toBe(5)
  viewer.control.send({ action: 'seek', step: 2 })
  await viewer.look(50)
  expect(viewer.steps().at(-1)).toBe(2)
  viewer.control.send({ action: 'seek', step: 18 })
  viewer.control.send({ action: 'pause' })
  await viewer.look(100)
  expect(answer()).toMatchObject({ data: { paused: true, step: 17 } })
  viewer.control.send({ action: 'stop' })
  await viewer.look(0)
  await viewer.finished
  expect(viewer.events.at(-1)).toMatchObject({ event: 'end' })
})

it('what cannot be played is said before the first event', async () => {
  const source = recorded(every(1, 4))
  expect(await fault(source, { attempt: 1, start_step: 7, end_step: 3 })).toMatchObject({
    code: 'invalid',
    errors: [
      { pointer: '/query/attempt', message: expect.stringContaining('1') },
      { pointer: '/query/start_step', message: expect.stringMatching(/7.*3/) },
    ],
  })
  expect(await fault(recorded([]), {})).toMatchObject({ code: 'not_found' })
  expect(await fault(source, { stage: 3 })).toMatchObject({ code: 'not_found', message: expect.stringContaining('3') })
  expect(await fault(source, { stage: 0, attempt: 9 })).toMatchObject({ code: 'not_found' })
  expect(await fault(source, { start_step: 5 })).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/1 to 4/),
  })
  expect(await fault(source, { names: 'loss,nope,constructor' })).toMatchObject({
    code: 'invalid',
    errors: [{ message: expect.stringContaining('nope') }, { message: expect.stringContaining('constructor') }],
  })
  const wide = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`m${i}`, i]))
  const rows = every(1, 9_000).map((row, i) => (i === 0 ? { ...row, data: wide } : row))
  expect(await fault(recorded(rows), {})).toMatchObject({ code: 'too_large', message: expect.stringContaining('900') })
  expect(await fault(recorded(rows), { names: 'm1,m2' })).toBe('played')
  job = 'job-none'
  expect(await fault(source, {})).toMatchObject({ code: 'not_found', message: expect.stringContaining('job-none') })
})

it('an id of another job, of another stage or of no playback is refused', async () => {
  const source = recorded(every(1, 4), every(1, 4))
  const viewer = play(source, { stage: 0 })
  await viewer.look(1_500)
  const id = viewer.events.at(-1)?.id as string
  expect(await fault(source, { stage: 0 }, id)).toBe('played')
  for (const [query, after] of [
    [{ stage: 1 }, id],
    [{ stage: 0, attempt: 1 }, id],
    [{}, '4.000.0001.00000001.0000'],
    [{}, ''],
  ] as const)
    expect(await fault(source, query, after)).toMatchObject({ code: 'invalid' })
  job = (await submitSample(platform)).id
  expect(await fault(source, {}, id)).toMatchObject({ code: 'invalid' })
})
