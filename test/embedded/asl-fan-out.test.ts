import { describe, expect, it } from 'vitest'
import type { Json } from '../../core/platform/ports.ts'
import { call, machineOf, outputOf, run } from '../support/asl-run.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const pass = { Type: 'Pass', End: true }

describe('Map', () => {
  const square = { StartAt: 'Square', States: { Square: { ...pass, Output: '{% $states.input * $states.input %}' } } }

  it('iterates over its input or its Items, and keeps their order', async () => {
    expect(await outputOf({ M: { Type: 'Map', ItemProcessor: square, End: true } }, { input: [3, 1, 2] })).toEqual([
      9, 1, 4,
    ])
    expect(
      await outputOf(
        { M: { Type: 'Map', Items: [1, '{% $states.input.two %}', 3], ItemProcessor: square, End: true } },
        { input: { two: 2 } },
      ),
    ).toEqual([1, 4, 9])
    expect(await outputOf({ M: { Type: 'Map', ItemProcessor: square, End: true } }, { input: [] })).toEqual([])
  })

  it('offers index and value to ItemSelector and to the states inside, the innermost ones', async () => {
    const inner = {
      StartAt: 'In',
      States: {
        In: {
          ...pass,
          Output: '{% [$states.context.Map.Item.Index, $states.context.Map.Item.Value, $states.input] %}',
        },
      },
    }
    const outer = {
      StartAt: 'Nest',
      States: { Nest: { Type: 'Map', Items: '{% $states.context.Map.Item.Value %}', ItemProcessor: inner, End: true } },
    }
    const states = {
      M: {
        Type: 'Map',
        ItemSelector: { at: '{% $states.context.Map.Item.Index %}', all: '{% $count($states.input) %}' },
        ItemProcessor: outer,
        End: true,
      },
    }
    expect(await outputOf(states, { input: [['a'], ['b', 'c']] })).toEqual([
      [[0, 'a', 'a']],
      [
        [0, 'b', 'b'],
        [1, 'c', 'c'],
      ],
    ])
  })

  it.each([
    [3, 3],
    ['{% $states.input.limit %}', 2],
    [0, 7],
    [undefined, 7],
  ])('runs at most MaxConcurrency %s iterations at a time', async (MaxConcurrency, expected) => {
    let running = 0
    let most = 0
    const clock = createVirtualClock({ autoAdvance: true })
    const slow = async (n: Json) => {
      running += 1
      most = Math.max(most, running)
      await clock.sleep(Number(n) * 10)
      running -= 1
      return n
    }
    const processor = { StartAt: 'Work', States: { Work: call('slow') } }
    const states = {
      M: {
        Type: 'Map',
        Items: '{% $states.input.items %}',
        ...(MaxConcurrency !== undefined && { MaxConcurrency }),
        ItemProcessor: processor,
        End: true,
      },
    }
    const items = [7, 3, 5, 1, 2, 6, 4]
    expect(await outputOf(states, { input: { items, limit: 2 }, handlers: { slow }, clock })).toEqual(items)
    expect(most).toBe(expected)
  })

  it('never runs more than 40 iterations at a time', async () => {
    let running = 0
    let most = 0
    const clock = createVirtualClock({ autoAdvance: true })
    const slow = async (n: Json) => {
      most = Math.max(most, ++running)
      await clock.sleep(10)
      running -= 1
      return n
    }
    const states = {
      M: {
        Type: 'Map',
        MaxConcurrency: 100,
        ItemProcessor: { StartAt: 'Work', States: { Work: call('slow') } },
        End: true,
      },
    }
    await outputOf(states, { input: Array.from({ length: 90 }, (_, index) => index), handlers: { slow }, clock })
    expect(most).toBe(40)
  })

  it('fails with the error of an iteration, stops the others and starts no more', async () => {
    const clock = createVirtualClock({ autoAdvance: true })
    const started: Json[] = []
    const stopped: Json[] = []
    const work = async (n: Json, signal: AbortSignal) => {
      started.push(n)
      if (n === 1) throw Object.assign(new Error('broken'), { name: 'Broken' })
      await clock.sleep(1_000, signal).catch(() => stopped.push(n))
      return n
    }
    const states = {
      M: {
        Type: 'Map',
        MaxConcurrency: 2,
        ItemProcessor: { StartAt: 'Work', States: { Work: call('work') } },
        End: true,
      },
    }
    expect(await run(machineOf(states), { input: [0, 1, 2, 3], handlers: { work }, clock })).toMatchObject({
      error: 'Broken',
    })
    expect(started).toEqual([0, 1])
    expect(stopped).toEqual([0])
  })

  it('gives every iteration variables of its own', async () => {
    const inner = {
      Set: { Type: 'Pass', Assign: { mine: '{% $states.input %}' }, Next: 'Rest' },
      Rest: { Type: 'Wait', Seconds: '{% $states.input %}', Next: 'Get' },
      Get: { ...pass, Output: '{% $mine %}' },
    }
    const states = { M: { Type: 'Map', ItemProcessor: { StartAt: 'Set', States: inner }, End: true } }
    expect(await outputOf(states, { input: [3, 1, 2] })).toEqual([3, 1, 2])
  })

  it('fails on Items that are no array: one match of a filter is none', async () => {
    const states = { M: { Type: 'Map', Items: '{% $states.input.items[n = 1] %}', ItemProcessor: square, End: true } }
    expect(await run(machineOf(states), { input: { items: [{ n: 1 }, { n: 2 }] } })).toMatchObject({
      error: 'States.QueryEvaluationError',
      cause: expect.stringContaining("'Items' must give an array"),
    })
  })
})

describe('Parallel', () => {
  const branch = (name: string, states: object) => ({ StartAt: name, States: states })

  it('gives every branch the input or the Arguments, and joins the outputs in order', async () => {
    const clock = createVirtualClock({ autoAdvance: true })
    const handlers = {
      slow: (n: Json) => clock.sleep(100).then(() => [n, 'slow']),
      quick: async (n: Json) => [n, 'quick'],
    }
    const states = {
      P: {
        Type: 'Parallel',
        Branches: [branch('A', { A: call('slow') }), branch('B', { B: call('quick') })],
        Arguments: '{% $states.input.x %}',
        Output: '{% $states.result[1] %}',
        End: true,
      },
    }
    expect(await outputOf(states, { input: { x: 5 }, handlers, clock })).toEqual([5, 'quick'])
  })

  it('lets branches read outer variables and keep their own, which vanish', async () => {
    const own = (name: string, value: string, seconds: number) =>
      branch(`${name}1`, {
        [`${name}1`]: { Type: 'Pass', Assign: { local: value }, Next: `${name}2` },
        [`${name}2`]: { Type: 'Wait', Seconds: seconds, Next: `${name}3` },
        [`${name}3`]: { ...pass, Output: '{% $local & $outer %}' },
      })
    const states = {
      Seed: { Type: 'Pass', Assign: { outer: '!' }, Next: 'P' },
      P: {
        Type: 'Parallel',
        Branches: [own('A', 'a', 2), own('B', 'b', 1)],
        Assign: { joined: '{% $join($states.result) %}' },
        Next: 'Show',
      },
      Show: { ...pass, Output: '{% [$joined, $outer] %}' },
    }
    expect(await outputOf(states)).toEqual(['a!b!', '!'])
  })

  it('fails with the error of the first branch that fails', async () => {
    const branches = [
      branch('A', { A: { Type: 'Wait', Seconds: 60, End: true } }),
      branch('B', { B: { Type: 'Fail', Error: 'B.Failed', Cause: 'because' } }),
    ]
    const clock = createVirtualClock({ autoAdvance: true })
    expect(await run(machineOf({ P: { Type: 'Parallel', Branches: branches, End: true } }), { clock })).toEqual({
      error: 'B.Failed',
      cause: 'because',
    })
    expect(clock.sleeping()).toBe(0)
  })
})
