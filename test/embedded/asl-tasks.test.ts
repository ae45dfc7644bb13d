import { describe, expect, it } from 'vitest'
import { Fault } from '../../core/platform/fault.ts'
import type { Json } from '../../core/platform/ports.ts'
import { call, machineOf, outputOf, run } from '../support/asl-run.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const pass = { Type: 'Pass', End: true }

function named(name: string, message = 'on purpose'): Error {
  return Object.assign(new Error(message), { name })
}

describe('functions', () => {
  it('fail with the name of what they throw', async () => {
    const fault = () => {
      throw new Fault('conflict', 'version 2 was expected')
    }
    const cause = JSON.stringify({ errorType: 'conflict', errorMessage: 'version 2 was expected' })
    expect(await run(machineOf({ T: call('fault') }), { handlers: { fault } })).toEqual({ error: 'conflict', cause })
    const odd = () => {
      throw 'just text'
    }
    expect(await run(machineOf({ T: call('odd') }), { handlers: { odd } })).toMatchObject({
      error: 'Error',
      cause: expect.stringContaining('just text'),
    })
    const liar = () => {
      throw named('States.Runtime')
    }
    expect(await run(machineOf({ T: call('liar') }), { handlers: { liar } })).toMatchObject({ error: 'Lambda.Unknown' })
  })

  it('get and return copies', async () => {
    let seen: Json = null
    const handlers = {
      meddle: (payload: Json) => {
        seen = payload
        ;(payload as { list: Json[] }).list.push(2)
        return payload
      },
    }
    const states = {
      T: call('meddle', {
        Output: '{% {"given": $states.input.list, "returned": $states.result.Payload.list} %}',
        End: true,
      }),
    }
    expect(await outputOf(states, { input: { list: [1] }, handlers })).toEqual({ given: [1], returned: [1, 2] })
    expect(seen).toEqual({ list: [1, 2] })
    const twice = {
      A: call('meddle', { Arguments: { FunctionName: 'meddle', Payload: { list: [] } }, Next: 'B' }),
      B: call('meddle'),
    }
    const machine = machineOf(twice)
    for (let time = 0; time < 2; time += 1)
      expect(await run(machine, { handlers })).toEqual({ output: { list: [2, 2] } })
    const odd = { date: () => ({ at: new Date(0), gone: undefined }) as never, nothing: () => undefined as never }
    expect(await outputOf({ T: call('date') }, { handlers: odd })).toEqual({ at: '1970-01-01T00:00:00.000Z' })
    expect(await outputOf({ T: call('nothing') }, { handlers: odd })).toBeNull()
  })
})

describe('time limits of a Task', () => {
  const hang = { hang: () => new Promise<Json>(() => {}) }

  it.each([
    [{ TimeoutSeconds: 30 }, 'States.Timeout', 30],
    [{ TimeoutSeconds: '{% $states.input.limit %}' }, 'States.Timeout', 7],
    [{ HeartbeatSeconds: 5 }, 'States.HeartbeatTimeout', 5],
    [{ TimeoutSeconds: 30, HeartbeatSeconds: 5 }, 'States.HeartbeatTimeout', 5],
  ])('%j end a function that hangs with %s', async (limits, error, seconds) => {
    const clock = createVirtualClock({ autoAdvance: true })
    const before = clock.now().getTime()
    expect(
      await run(machineOf({ T: call('hang', { ...limits, End: true }) }), {
        input: { limit: 7 },
        handlers: hang,
        clock,
      }),
    ).toMatchObject({ error })
    expect(clock.now().getTime() - before).toBe(seconds * 1_000)
  })

  it('abort the signal of the function, start anew with each attempt, and can be caught', async () => {
    const clock = createVirtualClock({ autoAdvance: true })
    const aborted: string[] = []
    const handlers = {
      wait: (_: Json, signal: AbortSignal) =>
        clock.sleep(100_000, signal).then(
          () => 'late',
          () => {
            aborted.push(clock.now().toISOString())
            return 'aborted'
          },
        ),
    }
    const Retry = [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 1, MaxAttempts: 1 }]
    const Catch = [{ ErrorEquals: ['States.Timeout'], Output: 'caught', Next: 'End' }]
    expect(
      await outputOf(
        { T: call('wait', { TimeoutSeconds: 10, Retry, Catch, End: true }), End: pass },
        { handlers, clock },
      ),
    ).toBe('caught')
    expect(aborted).toEqual(['2026-01-01T00:00:10.000Z', '2026-01-01T00:00:21.000Z'])
  })

  it('do not touch a function that answers in time, and leave no timer', async () => {
    const clock = createVirtualClock()
    expect(
      await outputOf({ T: call('quick', { TimeoutSeconds: 10, End: true }) }, { handlers: { quick: () => 1 }, clock }),
    ).toBe(1)
    expect(clock.sleeping()).toBe(0)
  })

  it.each(["{% '3' %}", '{% -1 %}', '{% 1.6 %}', '{% $states.input.missing %}'])(
    'fail the state when they are %s',
    async (TimeoutSeconds) => {
      expect(
        await run(machineOf({ T: call('hang', { TimeoutSeconds, End: true }) }), { handlers: hang }),
      ).toMatchObject({ error: 'States.QueryEvaluationError' })
    },
  )
})
