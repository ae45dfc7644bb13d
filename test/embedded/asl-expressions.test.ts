import { describe, expect, it } from 'vitest'
import { compileExpression } from '../../adapters/embedded/asl/expression.ts'
import { evaluated, machineOf, outputOf, run } from '../support/asl-run.ts'

describe('functions of Step Functions', () => {
  it.each([
    ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
    ['$partition([1,2,3,4,5], 2.6)', [[1, 2], [3, 4], [5]]],
    ['$partition([1,2,3])', [[1, 2, 3]]],
    ['$range(0, 10, 2)', [0, 2, 4, 6, 8, 10]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$range(1.4, 5.6, 2.2)', [1, 3, 5]],
    ['$range(5, 1, 1)', []],
    ["$hash('hello', 'SHA-256')", '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'],
    ["$hash('\u2713', 'SHA-256')", '1dabba21cdad44541f6b15796f8d22978fc7ea10c46aeceeeeb66c23b3ac7604'],
    ["$hash('hello', 'MD5')", '5d41402abc4b2a76b9719d911017c592'],
    [`$parse(' {"answer":42,"items":[1,2]} ')`, { answer: 42, items: [1, 2] }],
    ['$random(77) = $random(77)', true],
    ['$random(77) = $random(78)', false],
    ['($r := $random(); $r >= 0 and $r < 1)', true],
    ['$millis()', Date.parse('2026-01-01T00:00:00Z')],
    ['$now()', '2026-01-01T00:00:00.000Z'],
    ["$now('[Y0001]')", '2026'],
  ])('%s', async (expression, expected) => {
    expect(await evaluated(expression)).toEqual(expected)
  })

  it('make version 4 UUIDs, a new one each time', async () => {
    const uuids = (await evaluated('[$uuid(), $uuid()]')) as string[]
    for (const uuid of uuids)
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(new Set(uuids).size).toBe(2)
  })

  it.each([
    '$partition([1], 0)',
    '$partition([1], -1)',
    "$partition([1], '2')",
    '$partition([1], null)',
    "$partition('no array', 2)",
    '$partition([1], 2, 3)',
    '$range(1, 10, 0)',
    '$range(1, 10, 0.49)',
    '$range(1, 5)',
    "$range('a', 5, 1)",
    '$range(1, 1e9, 1)',
    "$hash('data', 'sha-256')",
    "$hash(123, 'SHA-256')",
    '$hash()',
    "$parse('{bad json}')",
    "$parse('')",
    '$parse(123)',
    '$parse({})',
    "$uuid('x')",
    "$random('seed')",
    '$random(null)',
    '$random(1, 2)',
  ])('fail the state: %s', async (expression) => {
    const result = await run(machineOf({ Only: { Type: 'Pass', Output: `{% ${expression} %}`, End: true } }))
    expect(result).toMatchObject({
      error: 'States.QueryEvaluationError',
      cause: expect.stringContaining(`'${expression}'`),
    })
  })
})

describe('expressions', () => {
  it('that give nothing fail the state, in the words of Step Functions', async () => {
    const state = { Type: 'Pass', Output: { deep: ['{% $states.input.doesNotExist %}'] }, End: true }
    expect(await run(machineOf({ Do: state }))).toEqual({
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'Do'. The JSONata expression '$states.input.doesNotExist' specified for the field 'Output/deep/0' returned nothing (undefined).",
    })
  })

  it('drop undefined members of the objects they construct', async () => {
    expect(await evaluated("{'a': $states.input.missing, 'b': 1}")).toEqual({ b: 1 })
  })

  it.each([
    ['$states.input.text + 1', 'must evaluate to a number'],
    ['$sum', 'a function is not JSON'],
    ['{"f": $sum}', 'a function at /f is not JSON'],
    ['1/0', 'Infinity is not JSON'],
    ['/a/', 'is not JSON'],
    ["$error('on purpose')", 'on purpose'],
    ['($f := function($n){ $n = 0 ? 0 : 1 + $f($n - 1) }; $f(100000))', 'Stack overflow'],
  ])('that fail give a catchable error: %s', async (expression, message) => {
    const result = await run(machineOf({ Only: { Type: 'Pass', Output: `{% ${expression} %}`, End: true } }), {
      input: { text: 'hello' },
    })
    expect(result).toMatchObject({ error: 'States.QueryEvaluationError', cause: expect.stringContaining(message) })
  })

  it('give singletons for one match, as JSONata does', async () => {
    const input = { items: [{ n: 1 }, { n: 2 }] }
    expect(await evaluated('$states.input.items[n = 2]', input)).toEqual({ n: 2 })
    expect(await evaluated('[$states.input.items[n = 2]]', input)).toEqual([{ n: 2 }])
    expect(await evaluated('$states.input.items[n = 2][]', input)).toEqual([{ n: 2 }])
  })

  it('do not change the values they read', async () => {
    const input = { list: [1] }
    expect(await evaluated('$states.input.list[]', input)).toEqual([1])
    expect(await evaluated('$states.input.list', input)).toEqual([1])
    expect(await evaluated('$states.input.list[0]', input)).toEqual(1)
    expect(JSON.stringify(input)).toBe('{"list":[1]}')
    expect(await evaluated('$states.input ~> |$|{"list": 2}|', input)).toEqual({ list: 2 })
    expect(JSON.stringify(input)).toBe('{"list":[1]}')
  })

  it('keep members called __proto__ as members', async () => {
    const parsed = (await evaluated(`$parse('{"__proto__": {"polluted": true}}')`)) as object
    expect(Object.keys(parsed)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('can be evaluated again before they have answered, each with its own variables', async () => {
    const { expression } = compileExpression('$map([1..20], function($v){ $v * $factor }) ~> $sum()')
    const sources = { now: () => new Date(0), random: () => 0.5 }
    const sums = await Promise.all(Array.from({ length: 200 }, (_, factor) => expression.evaluate({ factor }, sources)))
    expect(sums).toEqual(Array.from({ length: 200 }, (_, factor) => 210 * factor))
  })

  it('see the execution, the state and the machine in $states.context', async () => {
    const states = {
      First: { Type: 'Pass', Output: '{% $states.context %}', End: true },
    }
    expect(await outputOf(states, { input: { a: 1 } })).toEqual({
      Execution: { Id: 'arn:test', Input: { a: 1 }, Name: 'execution-1', StartTime: '2026-01-01T00:00:00.000Z' },
      State: { EnteredTime: '2026-01-01T00:00:00.000Z', Name: 'First', RetryCount: 0 },
      StateMachine: { Id: 'arn:aws:states:local:000000000000:stateMachine:test', Name: 'test' },
    })
  })

  it('may use variables named like functions', async () => {
    const states = {
      First: { Type: 'Pass', Assign: { count: 42 }, Next: 'Second' },
      Second: { Type: 'Pass', Output: '{% $count %}', End: true },
    }
    expect(await outputOf(states)).toBe(42)
  })
})
