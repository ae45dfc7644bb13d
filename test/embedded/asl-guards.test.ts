import { describe, expect, it } from 'vitest'
import { matchesError } from '../../adapters/embedded/asl/failure.ts'
import { chooseRetry } from '../../adapters/embedded/asl/retry.ts'
import type { Json } from '../../core/platform/ports.ts'
import { call, machineOf, outputOf, run } from '../support/asl-run.ts'
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts'

const pass = { Type: 'Pass', End: true }

function named(name: string, message = 'on purpose'): Error {
  return Object.assign(new Error(message), { name })
}

/** Fails with these names in turn, then succeeds; notes when it was called. */
function failing(clock: VirtualClock, names: string[]) {
  const times: number[] = []
  const start = clock.now().getTime()
  const handler = () => {
    const name = names[times.length]
    times.push((clock.now().getTime() - start) / 1_000)
    if (name !== undefined) throw named(name)
    return 'ok'
  }
  return { times, handlers: { flaky: handler } }
}

describe('error names', () => {
  it.each([
    [['States.ALL'], 'Anything', true],
    [['States.ALL'], 'States.Timeout', true],
    [['States.ALL'], 'States.DataLimitExceeded', false],
    [['States.ALL'], 'States.Runtime', false],
    [['States.DataLimitExceeded'], 'States.DataLimitExceeded', true],
    [['States.Runtime'], 'States.Runtime', false],
    [['States.TaskFailed'], 'Anything', true],
    [['States.TaskFailed'], 'States.QueryEvaluationError', true],
    [['States.TaskFailed'], 'States.Timeout', false],
    [['States.TaskFailed'], 'States.HeartbeatTimeout', false],
    [['States.TaskFailed'], 'States.DataLimitExceeded', false],
    [['States.Timeout'], 'States.HeartbeatTimeout', true],
    [['States.HeartbeatTimeout'], 'States.Timeout', false],
    [['A', 'B'], 'B', true],
    [['A', 'B'], 'b', false],
    [[], 'A', false],
  ])('%j stands for %s: %s', (errorEquals, error, expected) => {
    expect(matchesError(errorEquals, error)).toBe(expected)
  })
})

describe('Retry', () => {
  it('waits IntervalSeconds, growing by BackoffRate, at most MaxDelaySeconds, MaxAttempts times', async () => {
    const clock = createVirtualClock({ autoAdvance: true })
    const { times, handlers } = failing(clock, Array(9).fill('Bad'))
    const Retry = [{ ErrorEquals: ['Bad'], IntervalSeconds: 2, BackoffRate: 3, MaxAttempts: 4, MaxDelaySeconds: 20 }]
    expect(await run(machineOf({ T: call('flaky', { Retry, End: true }) }), { handlers, clock })).toMatchObject({
      error: 'Bad',
    })
    expect(times).toEqual([0, 2, 8, 26, 46])
  })

  it('has the defaults of Step Functions: 1 s, doubled, 3 times', async () => {
    const clock = createVirtualClock({ autoAdvance: true })
    const { times, handlers } = failing(clock, Array(9).fill('Bad'))
    await run(machineOf({ T: call('flaky', { Retry: [{ ErrorEquals: ['States.ALL'] }], End: true }) }), {
      handlers,
      clock,
    })
    expect(times).toEqual([0, 1, 3, 7])
  })

  it('counts every retrier for itself, and takes the first that stands for the error', async () => {
    const clock = createVirtualClock({ autoAdvance: true })
    const { times, handlers } = failing(clock, ['A', 'B', 'A', 'B', 'A'])
    const Retry = [
      { ErrorEquals: ['A'], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 2 },
      { ErrorEquals: ['B'], IntervalSeconds: 10, BackoffRate: 1, MaxAttempts: 2 },
      { ErrorEquals: ['States.ALL'], IntervalSeconds: 100, MaxAttempts: 5 },
    ]
    expect(await run(machineOf({ T: call('flaky', { Retry, End: true }) }), { handlers, clock })).toMatchObject({
      error: 'A',
    })
    expect(times).toEqual([0, 1, 11, 12, 22])
  })

  it('does nothing with MaxAttempts 0, even if a later retrier stands for the error too', async () => {
    const clock = createVirtualClock({ autoAdvance: true })
    const { times, handlers } = failing(clock, ['A', 'A'])
    const Retry = [{ ErrorEquals: ['A'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }]
    expect(await run(machineOf({ T: call('flaky', { Retry, End: true }) }), { handlers, clock })).toMatchObject({
      error: 'A',
    })
    expect(times).toEqual([0])
  })

  it('spreads delays over the whole interval with FULL jitter', () => {
    const retrier = {
      errorEquals: ['States.ALL'],
      intervalSeconds: 10,
      maxAttempts: 9,
      backoffRate: 2,
      maxDelaySeconds: 15,
      jitter: 'FULL' as const,
    }
    const delay = (random: number, used: number) => chooseRetry([retrier], 'A', [used], () => random)?.delayMs
    expect([delay(0, 0), delay(0.5, 0), delay(0.999, 0), delay(0.5, 1), delay(0.5, 8)]).toEqual([
      0, 5_000, 9_990, 7_500, 7_500,
    ])
    expect(delay(0, 9)).toBeUndefined()
  })

  it('shows the number of retries in $states.context.State.RetryCount', async () => {
    const clock = createVirtualClock({ autoAdvance: true })
    const seen: Json[] = []
    const handlers = {
      note: (count: Json) => {
        seen.push(count)
        if (seen.length < 3) throw named('Bad')
        return null
      },
    }
    const state = call('note', {
      Arguments: { FunctionName: 'note', Payload: '{% $states.context.State.RetryCount %}' },
      Retry: [{ ErrorEquals: ['Bad'] }],
      Output: '{% $states.context.State.RetryCount %}',
      End: true,
    })
    expect(await outputOf({ T: state }, { handlers, clock })).toBe(2)
    expect(seen).toEqual([0, 1, 2])
  })

  it('runs a Map again from its start, and evaluates failing expressions again', async () => {
    const clock = createVirtualClock({ autoAdvance: true })
    const { times, handlers } = failing(clock, ['Bad', undefined as never, undefined as never])
    const processor = { StartAt: 'In', States: { In: call('flaky') } }
    const Retry = [{ ErrorEquals: ['Bad', 'States.QueryEvaluationError'], MaxAttempts: 2, BackoffRate: 1 }]
    const states = { M: { Type: 'Map', MaxConcurrency: 1, ItemProcessor: processor, Retry, End: true } }
    expect(await outputOf(states, { input: [1, 2], handlers, clock })).toEqual(['ok', 'ok'])
    expect(times).toEqual([0, 1, 1])
    const broken = { M: { ...states.M, Output: '{% $states.result.missing %}' } }
    expect(await run(machineOf(broken), { input: [1], handlers: { flaky: () => 'ok' }, clock })).toMatchObject({
      error: 'States.QueryEvaluationError',
    })
    expect(clock.now().toISOString()).toBe('2026-01-01T00:00:03.000Z')
  })
})

describe('Catch', () => {
  const recovered = { ...pass, Output: '{% {"input": $states.input, "caught": $caught} %}' }
  const Catch = [
    { ErrorEquals: ['States.ALL'], Assign: { caught: '{% $states.errorOutput.Error %}' }, Next: 'Recovered' },
  ]

  it('hands on the error output, or its own Output', async () => {
    const handlers = {
      flaky: () => {
        throw named('Bad', 'no luck')
      },
    }
    const cause = JSON.stringify({ errorType: 'Bad', errorMessage: 'no luck' })
    expect(await outputOf({ T: call('flaky', { Catch, End: true }), Recovered: recovered }, { handlers })).toEqual({
      input: { Error: 'Bad', Cause: cause },
      caught: 'Bad',
    })
    const own = [
      {
        ...Catch[0],
        Output: { why: '{% $parse($states.errorOutput.Cause).errorMessage %}', id: '{% $states.input.id %}' },
      },
    ]
    expect(
      await outputOf(
        { T: call('flaky', { Catch: own, End: true }), Recovered: recovered },
        { handlers, input: { id: 7 } },
      ),
    ).toEqual({ input: { why: 'no luck', id: 7 }, caught: 'Bad' })
  })

  it('comes after the retries are used up', async () => {
    const clock = createVirtualClock({ autoAdvance: true })
    const { times, handlers } = failing(clock, ['Bad', 'Bad', 'Bad'])
    const Retry = [{ ErrorEquals: ['Bad'], MaxAttempts: 1 }]
    await outputOf({ T: call('flaky', { Retry, Catch, End: true }), Recovered: recovered }, { handlers, clock })
    expect(times).toEqual([0, 1])
  })

  it('catches failed expressions of Arguments and Output, and errors from inside a Parallel', async () => {
    const broken = call('echo', {
      Arguments: { FunctionName: 'echo', Payload: '{% $states.input.a + "x" %}' },
      Catch,
      End: true,
    })
    expect(await outputOf({ T: broken, Recovered: recovered }, { input: { a: 1 } })).toMatchObject({
      caught: 'States.QueryEvaluationError',
    })
    const inside = {
      Type: 'Parallel',
      Branches: [{ StartAt: 'F', States: { F: { Type: 'Fail', Error: 'Inner', Cause: 'deep' } } }],
      Catch,
      End: true,
    }
    expect(await outputOf({ P: inside, Recovered: recovered })).toEqual({
      input: { Error: 'Inner', Cause: 'deep' },
      caught: 'Inner',
    })
  })

  it('does not catch an error of its own expressions', async () => {
    const own = [{ ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput.missing %}', Next: 'Recovered' }]
    const result = await run(machineOf({ T: call('flaky', { Catch: own, End: true }), Recovered: { ...pass } }), {
      handlers: {
        flaky: () => {
          throw named('Bad')
        },
      },
    })
    expect(result).toMatchObject({ error: 'States.QueryEvaluationError' })
  })

  it('by States.ALL does not catch too much data, but by name does', async () => {
    const handlers = { big: () => 'x'.repeat(300_000) }
    const state = (name: string) => ({
      T: call('big', { Catch: [{ ErrorEquals: [name], Assign: { caught: 1 }, Next: 'Recovered' }], End: true }),
      Recovered: { ...pass, Output: '{% $caught %}' },
    })
    expect(await run(machineOf(state('States.ALL')), { handlers })).toMatchObject({ error: 'States.DataLimitExceeded' })
    expect(await outputOf(state('States.DataLimitExceeded'), { handlers })).toBe(1)
  })

  it('does not catch arguments that the resource does not know: States.Runtime', async () => {
    const state = call('x', { Arguments: '{% {"FunctionName": "f", "Qualifier": "1"} %}', Catch, End: true })
    expect(await run(machineOf({ T: state, Recovered: recovered }))).toMatchObject({
      error: 'States.Runtime',
      cause: expect.stringContaining('Arguments/Qualifier'),
    })
  })
})
