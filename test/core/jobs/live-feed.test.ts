import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import { jobDraft, jobEventDraft } from '../../../core/jobs/job-store.ts'
import { createLiveFeed } from '../../../core/jobs/live-feed.ts'
import { recordJobEvent } from '../../../core/jobs/record-event.ts'
import { appendRows } from '../../../core/metrics/append-rows.ts'
import type { Key } from '../../../core/platform/ports.ts'
import type { Job } from '../../../schemas/job.ts'
import type { LiveEvent } from '../../../schemas/live.ts'
import { prepareProject, submitSample } from '../support/project.ts'
import { createTestPlatform } from '../support/test-platform.ts'

interface Frame {
  event: LiveEvent
  size: number
}

/** A running job with a feed, and what happens to it. */
async function setUp(ringBytes = 10_000) {
  const platform = createTestPlatform()
  await prepareProject(platform)
  const job = await submitSample(platform)
  const running: Job = { ...job, status: 'running' }
  await platform.table.put(jobDraft(running), 'any')
  const counts = { encoded: 0, closed: 0, reads: 0 }
  const counted = { ...platform.table, get: (key: Key) => platform.table.get(key) }
  counted.query = (query) => {
    if (query.sk && 'from' in query.sk) counts.reads += 1
    return platform.table.query(query)
  }
  const feed = createLiveFeed<Frame>({ ...platform, table: counted }, job.id, {
    encode(event) {
      counts.encoded += 1
      return { event, size: 100 }
    },
    ringBytes,
    pollMs: 1_000,
    closed: () => {
      counts.closed += 1
    },
  })
  let sequence = 0
  let step = 0
  return {
    platform,
    job: job.id,
    feed,
    counts,
    /** A status change in the history. */
    async change(): Promise<void> {
      sequence += 1
      const entry = { id: `${sequence}`, type: `change-${sequence}`, time: '', status: 'running' as const }
      await platform.table.put(jobEventDraft(job.id, sequence, { ...entry, message: '', data: {} }), 'any')
      feed.poke()
    },
    async chunk(): Promise<void> {
      step += 1
      const source = { job: job.id, stage: 0, attempt: 1 }
      await appendRows(platform, source, [{ step, time: Number.NaN, data: { loss: step } }])
      feed.poke()
    },
    /** Reads for as long as it is told to. */
    view(after?: string) {
      const seen: LiveEvent[] = []
      const gone = new AbortController()
      const finished = (async () => {
        for await (const frame of feed.view(after, gone.signal)) {
          if (gone.signal.aborted) return
          if (frame) seen.push(frame.event)
        }
      })()
      return { seen, finished, leave: () => gone.abort() }
    },
    look: (ms = 20) => platform.clock.advance(ms),
  }
}

/** An event as a word: its place in the history, or its step. */
const word = (event: LiveEvent): string =>
  event.event === 'status' ? event.data.type : event.event === 'metrics' ? `step-${event.data.steps}` : event.event

it('viewers share one reader, which encodes each event once and stops when the last has gone', async () => {
  const live = await setUp()
  const viewers = Array.from({ length: 20 }, () => live.view())
  await live.look()
  const before = live.counts.encoded
  await live.chunk()
  await live.look()
  for (const { seen } of viewers) expect(seen.map(word)).toEqual(['step-1'])
  expect(live.counts.encoded).toBe(before + 1)
  expect(live.feed.viewers()).toBe(20)
  for (const { leave } of viewers) leave()
  await live.look()
  expect([live.feed.viewers(), live.counts.closed]).toEqual([0, 1])
  const reads = live.counts.reads
  await live.look(10_000)
  expect(live.counts.reads).toBe(reads)
})

it('what this process writes is seen at once, and what another writes within a second', async () => {
  const live = await setUp()
  const { seen } = live.view()
  await live.look(2_500)
  await live.chunk()
  await live.look(0)
  expect(seen.map(word)).toEqual(['step-1'])
  await live.look(100)
  const source = { job: live.job, stage: 0, attempt: 1 }
  await appendRows(live.platform, source, [{ step: 2, time: Number.NaN, data: { loss: 1 } }])
  await live.look(1_000)
  expect(seen.map(word)).toEqual(['step-1', 'step-2'])
})

it('a job that ends ends the streams of all, and of one who comes later', async () => {
  const live = await setUp()
  const viewers = [live.view(), live.view()]
  await live.look()
  await cancelJob(live.platform, live.job, 'enough')
  for (const event of live.platform.events().filter(({ subject }) => subject === live.job))
    await recordJobEvent(live.platform, event)
  live.feed.poke()
  await live.look(10_000)
  for (const { seen, finished } of viewers) {
    await finished
    expect(seen.at(-1)).toMatchObject({ event: 'end', data: { status: 'cancelled' } })
  }
  expect(live.counts.closed).toBe(1)
})

it('a job that does not exist is not found, and an id of another job is invalid', async () => {
  const live = await setUp()
  const { signal } = new AbortController()
  const options = { encode: (event: LiveEvent) => ({ event, size: 1 }), ringBytes: 1, pollMs: 1, closed: () => {} }
  const none = createLiveFeed(live.platform, 'job-none', options)
  await expect(none.view(undefined, signal).next()).rejects.toMatchObject({ code: 'not_found' })
  await expect(live.feed.view('1.~other', signal).next()).rejects.toMatchObject({ code: 'invalid' })
  expect([none.viewers(), live.feed.viewers()]).toEqual([0, 0])
})

it('a store that fails ends every stream with its error', async () => {
  const live = await setUp()
  const viewers = [live.view(), live.view()]
  await live.look()
  live.platform.table.get = () => Promise.reject(new Error('broken'))
  // Settled at once: nobody waits for it before the clock has passed.
  const ends = viewers.map(({ finished }) => finished.catch((error: Error) => error.message))
  await live.look(2_000)
  expect(await Promise.all(ends)).toEqual(['broken', 'broken'])
  expect(live.counts.closed).toBe(1)
})

it('a viewer that does not read holds nothing: it goes on from the store when it reads again', async () => {
  const live = await setUp(500)
  const { signal } = new AbortController()
  const slow = live.feed.view(undefined, signal)
  const first = slow.next()
  await live.look()
  await first
  const fast = live.view()
  await live.look()
  for (let i = 0; i < 40; i++) {
    await live.chunk()
    await live.look()
  }
  expect(fast.seen).toHaveLength(40)
  const seen: string[] = []
  while (seen.length < 40) {
    const { value } = await slow.next()
    if (value) seen.push(word(value.event))
  }
  expect(seen).toEqual(fast.seen.map(word))
})

type Act = { kind: 'change' | 'chunk' | 'look' } | { kind: 'connect' | 'leave'; viewer: number }

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constantFrom('change' as const, 'chunk' as const, 'look' as const) }),
  fc.record({ kind: fc.constantFrom('connect' as const, 'leave' as const), viewer: fc.nat(2) }),
)

it('however viewers come, go and come back with their last id, each sees everything once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 40 }), fc.constantFrom(150, 450, 10_000), async (acts, ringBytes) => {
      const live = await setUp(ringBytes)
      const people = [0, 1, 2].map(() => ({
        seen: [] as LiveEvent[],
        now: undefined as ReturnType<typeof live.view> | undefined,
      }))
      const connect = (index: number) => {
        const person = people[index] as (typeof people)[number]
        person.now ??= live.view(person.seen.at(-1)?.id ?? '0.')
      }
      const leave = async (index: number) => {
        const person = people[index] as (typeof people)[number]
        person.now?.leave()
        await live.look(0)
        person.seen.push(...(person.now?.seen ?? []))
        person.now = undefined
      }
      for (const each of acts) {
        if (each.kind === 'connect') connect(each.viewer)
        else if (each.kind === 'leave') await leave(each.viewer)
        else if (each.kind === 'look') await live.look()
        else await live[each.kind]()
      }
      for (const index of [0, 1, 2]) {
        connect(index)
        await live.look(3_000)
        await leave(index)
      }
      const count = (kind: Act['kind']) => acts.filter((each) => each.kind === kind).length
      const changes = Array.from({ length: count('change') }, (_, i) => `change-${i + 1}`)
      const steps = Array.from({ length: count('chunk') }, (_, i) => `step-${i + 1}`)
      for (const { seen } of people) {
        const words = seen.map(word)
        expect(words.filter((each) => each.startsWith('change'))).toEqual(changes)
        expect(words.filter((each) => each.startsWith('step'))).toEqual(steps)
      }
    }),
    { numRuns: 60, seed: 7 },
  )
}, 60_000)
