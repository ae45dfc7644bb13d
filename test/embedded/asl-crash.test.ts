import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Machine } from '../../adapters/embedded/asl/machine.ts'
import { shutdown } from '../../adapters/embedded/asl/run.ts'
import type { Json } from '../../core/platform/ports.ts'
import { randomMachine, statesOf } from '../support/asl-random-machine.ts'
import { call, machineOf, run } from '../support/asl-run.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

/** A journal that dies at its `count`-th write: before the entry is there, or after. */
function dyingJournal(
  from: Map<string, string>,
  count: number,
  when: 'before' | 'after',
  die: () => void,
): Map<string, string> {
  const journal = new Map(from)
  const { set } = journal
  let writes = 0
  journal.set = (key, text) => {
    writes += 1
    if (writes < count || (writes === count && when === 'after')) set.call(journal, key, text)
    if (writes === count) die()
    return journal
  }
  return journal
}

interface Work {
  task: string
  failures: number
  n: number
  attempt: number
}

function worker() {
  const calls = new Map<string, number>()
  const work = (payload: Json) => {
    const { task, failures, n, attempt } = payload as unknown as Work
    calls.set(task, (calls.get(task) ?? 0) + 1)
    if (attempt < failures) throw Object.assign(new Error('not yet'), { name: 'Flaky' })
    return n * 2
  }
  return { calls, handlers: { work } }
}

/** Attempts whose end is in the journal: of `0.2.0/1.x`, the task is `x`; `!n` marks an attempt that was retried. */
function attemptsIn(journal: Map<string, string>, task: string): number {
  return [...journal.keys()].filter((key) => key.endsWith(`.${task}`) || new RegExp(`\\.${task}!\\d+$`).test(key))
    .length
}

async function crashAndResume(machine: Machine, count: number, when: 'before' | 'after') {
  const stop = new AbortController()
  const journal = dyingJournal(new Map(), count, when, () => stop.abort(shutdown))
  const first = worker()
  const clock = createVirtualClock({ autoAdvance: true })
  const input = { n: 1 }
  await run(machine, { input, handlers: first.handlers, journal, signal: stop.signal, clock }).catch((reason) =>
    expect(reason).toBe(shutdown),
  )
  const survived = new Map(journal)
  const second = worker()
  const result = await run(machine, { input, handlers: second.handlers, journal: new Map(survived), clock })
  return { result, survived, repeated: second.calls }
}

describe('an execution that is resumed over its journal', () => {
  it('ends as if nothing had happened, and calls no finished task again, wherever it died', async () => {
    await fc.assert(
      fc.asyncProperty(randomMachine, fc.nat(), async (sketch, salt) => {
        const machine = machineOf(statesOf(sketch))
        const journal = new Map<string, string>()
        const whole = worker()
        const expected = await run(machine, { input: { n: 1 }, handlers: whole.handlers, journal })
        expect(expected).toHaveProperty('output')
        // Every write of a small machine, a sample of a big one's.
        const stride = Math.max(1, Math.floor(journal.size / 8))
        for (let count = 1 + (salt % stride); count <= journal.size; count += stride) {
          for (const when of ['before', 'after'] as const) {
            const { result, survived, repeated } = await crashAndResume(machine, count, when)
            expect(result).toEqual(expected)
            for (const [task, calls] of whole.calls)
              expect([task, repeated.get(task) ?? 0]).toEqual([task, calls - attemptsIn(survived, task)])
          }
        }
      }),
      { numRuns: 40 },
    )
  }, 30_000)

  it('goes on waiting until the instant that was fixed before', async () => {
    const clock = createVirtualClock()
    const journal = new Map<string, string>()
    const machine = machineOf({
      W: { Type: 'Wait', Seconds: 100, Output: '{% $states.context.State.EnteredTime %}', End: true },
    })
    const stop = new AbortController()
    const first = run(machine, { clock, journal, signal: stop.signal })
    await clock.advance(60_000)
    stop.abort(shutdown)
    await expect(first).rejects.toBe(shutdown)
    const second = run(machine, { clock, journal })
    await clock.advance(39_999)
    expect(clock.sleeping()).toBe(1)
    await clock.advance(1)
    expect(await second).toEqual({ output: '2026-01-01T00:00:00.000Z' })
  })

  it('keeps count of its retries and does not wait for them twice', async () => {
    const clock = createVirtualClock()
    const journal = new Map<string, string>()
    const times: number[] = []
    const flaky = () => {
      times.push(clock.now().getTime() - Date.parse('2026-01-01T00:00:00Z'))
      throw new Error('no')
    }
    const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 10, BackoffRate: 1, MaxAttempts: 2 }]
    const machine = machineOf({ T: call('flaky', { Retry, End: true }) })
    const stop = new AbortController()
    const first = run(machine, { clock, journal, handlers: { flaky }, signal: stop.signal })
    await clock.advance(14_000)
    stop.abort(shutdown)
    await expect(first).rejects.toBe(shutdown)
    const second = run(machine, { clock, journal, handlers: { flaky } })
    await clock.advance(60_000)
    expect(await second).toMatchObject({ error: 'Error' })
    expect(times).toEqual([0, 10_000, 20_000])
  })

  it('does not give a function its time again', async () => {
    const clock = createVirtualClock()
    const journal = new Map<string, string>()
    const calls: number[] = []
    const hang = () => {
      calls.push(clock.now().getTime())
      return new Promise<Json>(() => {})
    }
    const machine = machineOf({ T: call('hang', { TimeoutSeconds: 60, End: true }) })
    const stop = new AbortController()
    const first = run(machine, { clock, journal, handlers: { hang }, signal: stop.signal })
    await clock.advance(40_000)
    stop.abort(shutdown)
    await expect(first).rejects.toBe(shutdown)
    const second = run(machine, { clock, journal, handlers: { hang } })
    await clock.advance(20_000)
    expect(await second).toMatchObject({ error: 'States.Timeout' })
    expect(calls).toHaveLength(2)
    expect(await run(machine, { clock, journal, handlers: { hang } })).toMatchObject({ error: 'States.Timeout' })
    expect(calls).toHaveLength(2)
  })

  it('sees the same $uuid, $random and $now that it saw before', async () => {
    const machine = machineOf({
      Make: {
        Type: 'Pass',
        Assign: { id: '{% $uuid() %}', chance: '{% $random() %}', at: '{% $now() %}' },
        Next: 'Use',
      },
      Use: call('use', {
        Arguments: { FunctionName: 'use', Payload: '{% {"id": $id, "chance": $chance, "at": $at, "own": $uuid()} %}' },
        End: true,
      }),
    })
    const seen: Json[] = []
    const journal = new Map<string, string>()
    const clock = createVirtualClock()
    const stop = new AbortController()
    const hang = (payload: Json) => {
      seen.push(payload)
      return new Promise<Json>(() => {})
    }
    const first = run(machine, { journal, clock, handlers: { use: hang }, signal: stop.signal })
    await clock.advance(1_000)
    stop.abort(shutdown)
    await expect(first).rejects.toBe(shutdown)
    await clock.advance(1_000)
    const note = (payload: Json) => {
      seen.push(payload)
      return null
    }
    expect(await run(machine, { journal, clock, handlers: { use: note } })).toEqual({ output: null })
    expect(seen).toHaveLength(2)
    expect(seen[1]).toEqual(seen[0])
  })
})
