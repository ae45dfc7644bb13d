import { describe, expect, it } from 'vitest'
import type { Json } from '../../core/platform/ports.ts'
import { call, machineOf, outputOf, run } from '../support/asl-run.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const pass = { Type: 'Pass', End: true }

describe('Pass and variables', () => {
  it('pass the input on when there is no Output', async () => {
    expect(await outputOf({ A: { Type: 'Pass', Next: 'B' }, B: pass }, { input: [1, null] })).toEqual([1, null])
  })

  it('keep literal outputs of every kind, the empty string and false too', async () => {
    for (const value of ['', false, 0, null, [], {}, '$states.input'])
      expect(await outputOf({ A: { ...pass, Output: value } })).toEqual(value)
  })

  it('see variables as they were on entry, in Output and in Assign', async () => {
    const states = {
      Seed: { Type: 'Pass', Assign: { x: 3, a: 6 }, Next: 'Swap' },
      Swap: { Type: 'Pass', Assign: { x: '{% $a %}', nextX: '{% $x %}' }, Output: '{% $x %}', Next: 'Show' },
      Show: { ...pass, Output: '{% {"x": $x, "nextX": $nextX, "seen": $states.input} %}' },
    }
    expect(await outputOf(states)).toEqual({ x: 6, nextX: 3, seen: 3 })
  })

  it('fail on a variable that was not assigned on the way', async () => {
    const states = {
      Start: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'Use' }], Default: 'Set' },
      Set: { Type: 'Pass', Assign: { late: 1 }, Next: 'Use' },
      Use: { ...pass, Output: '{% $late %}' },
    }
    expect(await run(machineOf(states))).toMatchObject({ error: 'States.QueryEvaluationError' })
  })
})

describe('Choice', () => {
  const choice = {
    Pick: {
      Type: 'Choice',
      Choices: [
        {
          Condition: '{% $states.input.n > 10 %}',
          Output: { big: '{% $states.input.n %}' },
          Assign: { how: 'big' },
          Next: 'Show',
        },
        { Condition: '{% $states.input.n > 5 %}', Assign: { how: 'middle' }, Next: 'Show' },
      ],
      Default: 'Show',
      Output: 'by default',
      Assign: { how: 'default' },
    },
    Show: { ...pass, Output: '{% [$how, $states.input] %}' },
  }

  it('takes the first rule that is true, with its own Output and Assign', async () => {
    expect(await outputOf(choice, { input: { n: 11 } })).toEqual(['big', { big: 11 }])
    expect(await outputOf(choice, { input: { n: 6 } })).toEqual(['middle', { n: 6 }])
    expect(await outputOf(choice, { input: { n: 1 } })).toEqual(['default', 'by default'])
  })

  it('fails when no rule matches and there is no Default', async () => {
    const { Default: _, Output: __, Assign: ___, ...rest } = choice.Pick
    expect(await run(machineOf({ ...choice, Pick: rest }), { input: { n: 1 } })).toMatchObject({
      error: 'States.NoChoiceMatched',
    })
  })

  it('fails on a condition that is not true or false, and on a missing field', async () => {
    const states = (condition: string) => ({
      Pick: { Type: 'Choice', Choices: [{ Condition: condition, Next: 'Show' }] },
      Show: pass,
    })
    expect(await run(machineOf(states('{% 1 %}')))).toMatchObject({
      error: 'States.QueryEvaluationError',
      cause: expect.stringContaining("'Condition' must give true or false"),
    })
    expect(await run(machineOf(states('{% $states.input.ready %}')))).toMatchObject({
      error: 'States.QueryEvaluationError',
    })
  })
})

describe('Wait', () => {
  it.each([
    ['seconds', { Seconds: 90 }, 90_000],
    ['computed seconds', { Seconds: '{% $states.input.s * 2 %}' }, 120_000],
    ['a timestamp', { Timestamp: '2026-01-01T01:00:00+00:00' }, 3_600_000],
    ['a computed timestamp', { Timestamp: '{% $fromMillis($millis() + 5000) %}' }, 5_000],
    ['a timestamp that has passed', { Timestamp: '2025-01-01T00:00:00Z' }, 0],
    ['sixty days, longer than a timer can hold', { Seconds: 5_184_000 }, 5_184_000_000],
  ])('waits for %s', async (_, how, ms) => {
    const clock = createVirtualClock({ autoAdvance: true })
    const before = clock.now().getTime()
    expect(await outputOf({ W: { Type: 'Wait', ...how, End: true } }, { input: { s: 60 }, clock })).toEqual({ s: 60 })
    expect(clock.now().getTime() - before).toBe(ms)
  })

  it.each([
    { Seconds: '{% -1 %}' },
    { Seconds: '{% 1.5 %}' },
    { Timestamp: "{% 'soon' %}" },
    { Timestamp: "{% '2026-01-01' %}" },
  ])('fails on %j', async (how) => {
    expect(await run(machineOf({ W: { Type: 'Wait', ...how, End: true } }))).toMatchObject({
      error: 'States.QueryEvaluationError',
    })
  })
})

describe('Succeed and Fail', () => {
  it('end the execution where they stand', async () => {
    const states = {
      A: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.ok %}', Next: 'Good' }], Default: 'Bad' },
      Good: { Type: 'Succeed', Output: '{% "done" %}' },
      Bad: { Type: 'Fail', Error: 'no', Cause: '{% "was " & $string($states.input.ok) %}' },
    }
    expect(await run(machineOf(states), { input: { ok: true } })).toEqual({ output: 'done' })
    expect(await run(machineOf(states), { input: { ok: false } })).toEqual({ error: 'no', cause: 'was false' })
    expect(await run(machineOf({ F: { Type: 'Fail' } }))).toEqual({ error: '', cause: '' })
    expect(await run(machineOf({ F: { Type: 'Fail', Cause: '{% 5 %}' } }))).toMatchObject({
      error: 'States.QueryEvaluationError',
    })
  })
})

describe('limits', () => {
  const big = 'x'.repeat(200_000)
  it.each<[string, Record<string, object>]>([
    ['an output', { A: { ...pass, Output: { a: '{% $states.input %}', b: '{% $states.input %}' } } }],
    [
      'an output of many bytes but few characters',
      { A: { ...pass, Output: '{% $replace($states.input, "x", "é") %}' } },
    ],
    [
      'arguments',
      {
        A: call('echo', {
          Arguments: { FunctionName: 'echo', Payload: ['{% $states.input %}', '{% $states.input %}'] },
          Output: 1,
          End: true,
        }),
      },
    ],
    ['a result', { A: call('double', { Output: 1, End: true }) }],
    ['variables', { A: { ...pass, Assign: { a: '{% $states.input %}', b: '{% $states.input %}' } } }],
    [
      'the outputs of a Map',
      {
        A: {
          Type: 'Map',
          Items: [1, 2],
          ItemProcessor: {
            StartAt: 'In',
            States: { In: { ...pass, Output: '{% $states.context.Execution.Input %}' } },
          },
          Output: 1,
          End: true,
        },
      },
    ],
  ])('fail %s over 256 KiB', async (_, states) => {
    const handlers = { echo: (x: Json) => x, double: (x: Json) => [x, x] }
    expect(await run(machineOf(states), { input: big, handlers })).toMatchObject({ error: 'States.DataLimitExceeded' })
  })

  it('end a loop at 25,000 history events, and let others run meanwhile', async () => {
    let turns = 0
    const timer = setInterval(() => (turns += 1), 1)
    const states = {
      A: { Type: 'Choice', Choices: [{ Condition: '{% $states.input = 1 %}', Next: 'Out' }], Default: 'A' },
      Out: pass,
    }
    expect(await run(machineOf(states))).toEqual({
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(10)
  })
})
