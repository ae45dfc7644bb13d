import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { at, attempt, event, job, jobId, refused, stage, succeeded, untilTraining } from './job-samples.ts'
import { problem, type Reply, startStub } from './stub-server.ts'
import { createTestIo, sluice } from './test-io.ts'

const training = (step: number) =>
  job({
    status: 'running',
    stages: [stage({ status: 'running', step, attempts: [attempt()], latest: { total_loss: 2 } })],
    updated_at: at(2).toISOString(),
  })
const endEvents = [
  ...untilTraining,
  { ...event('model_registered', 80, 'succeeded', 'registered arithmetic version 4') },
]

/** Answers reads of the job with each of `reads` in turn, and its history with `events()`. */
function watched(reads: (Reply | (() => Reply))[], events: () => unknown[] = () => endEvents) {
  return startStub((request) => {
    if (request.path.includes('/events')) return { body: { items: events(), next: null } }
    const next = reads.length > 1 ? reads.shift() : reads[0]
    return typeof next === 'function' ? next() : (next as Reply)
  })
}

it('without a terminal: plain lines, one per event, then the summary', async () => {
  const { options } = await watched([
    { body: training(10) },
    { body: training(11) },
    { body: training(25) },
    { body: succeeded() },
  ])
  const { code, out, err } = await sluice([...options, 'jobs', 'watch', jobId])
  expect([code, err]).toEqual([0, ''])
  expect(out).not.toContain('\u001b')
  const lines = out.split('\n')
  expect(lines.slice(0, 7)).toEqual([
    '2026-01-01T00:00:00Z  submitted   submitted',
    '2026-01-01T00:00:00Z  validating  preflight_started',
    '2026-01-01T00:00:01Z  queued      ticket_issued',
    '2026-01-01T00:00:02Z  running     stage 0 (sft) attempt 1',
    '2026-01-01T00:01:20Z  succeeded   registered arithmetic version 4',
    '2026-01-01T00:00:00Z  running     0 sft: step 10 of 100 (10 %), attempt 1, total_loss 2',
    '2026-01-01T00:00:01Z  running     0 sft: step 25 of 100 (25 %), attempt 1, 15 steps/s, ETA 5.0s, total_loss 2',
  ])
  expect(lines.slice(7, 9)).toEqual(['', '✓ succeeded in 1m 20s'])
})

it('on a terminal: draws over itself and leaves the last frame with the summary, taller than the terminal or not', async () => {
  const { options } = await watched([{ body: training(10) }, { body: training(60) }, { body: succeeded() }])
  const io = createTestIo({ isTTY: true, columns: 100, rows: 8, env: { NO_COLOR: '1' } })
  expect((await sluice([...options, 'jobs', 'watch', jobId], io)).code).toBe(0)
  const frames = io.out.split('\u001b[?2026h').map((frame) => stripVTControlCharacters(frame))
  expect(frames.some((frame) => frame.includes('10/100  10 %  attempt 1'))).toBe(true)
  const last = frames.at(-1) as string
  expect(last.split('\n')[0]).toBe(`${jobId}  succeeded  arithmetic@3 (smoke)  1m 20s`)
  expect(last).toContain('✓ register   arithmetic@4, alias staging\n\n✓ succeeded in 1m 20s\n')
  expect(last.endsWith('  model arithmetic@4, alias staging\n')).toBe(true)
})

it('looks twice a second', async () => {
  const { options } = await watched([{ body: training(1) }, { body: training(2) }, { body: succeeded() }])
  const { io } = await sluice([...options, 'jobs', 'watch', jobId])
  expect(io.clock.slept).toEqual([500, 500])
})

it('waits for the last event, which is recorded after the job has ended, but not for ever', async () => {
  const late = [endEvents.slice(0, -1), endEvents.slice(0, -1), endEvents]
  const server = await watched([{ body: succeeded() }], () => (late.length > 1 ? late.shift() : late[0]) as unknown[])
  expect((await sluice([...server.options, 'jobs', 'watch', jobId])).out).toContain('registered arithmetic version 4')
  const never = await watched([{ body: refused() }], () => untilTraining)
  const { code, io } = await sluice([...never.options, 'jobs', 'watch', jobId])
  expect(code).toBe(2)
  expect(io.clock.slept.reduce((a, b) => a + b, 0)).toBe(3000)
})

it('Ctrl-C stops the watching, says that the job goes on, and leaves nothing listening', async () => {
  for (const isTTY of [true, false]) {
    const io = createTestIo({ isTTY })
    let reads = 0
    const { options, received } = await watched([
      () => {
        if (++reads === 3) io.interrupt()
        return { body: training(10 + reads) }
      },
    ])
    const { code, err } = await sluice([...options, 'jobs', 'watch', jobId], io)
    expect(code).toBe(1)
    expect(err).toBe(
      `Stopped watching. Job ${jobId} goes on (running): watch it again with sluice jobs watch ${jobId}, end it with sluice jobs cancel ${jobId}\n`,
    )
    expect(received.every((request) => request.method === 'GET')).toBe(true)
    expect(io.listening()).toBe(0)
  }
})

it('goes on after the server was away for a while, and says so', async () => {
  const away = Array.from({ length: 9 }, (): Reply => 'hang up')
  const { options } = await watched([{ body: training(10) }, ...away, { body: training(30) }, { body: succeeded() }])
  const { code, out } = await sluice([...options, 'jobs', 'watch', jobId])
  expect(code).toBe(0)
  expect(out).toContain('no answer, trying again: nothing answers at http://127.0.0.1:')
  expect(out).toContain('the server answers again')
  expect(out).toContain('step 30 of 100')
})

it('gives up when the server stays away for a minute', async () => {
  const { options } = await watched([{ body: training(10) }, 'hang up'])
  const { code, err, io } = await sluice([...options, 'jobs', 'watch', jobId])
  expect(code).toBe(1)
  expect(err).toMatch(/^error: nothing answers at /)
  const waited = io.clock.slept.reduce((a, b) => a + b, 0)
  expect(waited).toBeGreaterThanOrEqual(60_000)
  expect(waited).toBeLessThan(65_000)
})

it('ends at once when there is no such job', async () => {
  const { options, received } = await watched([problem('not_found', 404, `job ${jobId} does not exist`)])
  const { code, out, err } = await sluice([...options, 'jobs', 'watch', jobId])
  expect([code, out, err]).toEqual([1, '', `error: job ${jobId} does not exist\n`])
  expect(received).toHaveLength(1)
})

it('reads a long history page by page', async () => {
  const { options, received } = await startStub((request) => {
    if (!request.path.includes('/events')) return { body: succeeded() }
    return {
      body: request.path.includes('after=p2')
        ? { items: endEvents.slice(2), next: null }
        : { items: endEvents.slice(0, 2), next: 'p2' },
    }
  })
  const { out } = await sluice([...options, 'jobs', 'watch', jobId])
  expect(
    out
      .split('\n')
      .slice(0, 5)
      .map((line) => line.slice(34)),
  ).toEqual([
    'submitted',
    'preflight_started',
    'ticket_issued',
    'stage 0 (sft) attempt 1',
    'registered arithmetic version 4',
  ])
  expect(received.filter((request) => request.path.includes('/events'))).toHaveLength(2)
})
