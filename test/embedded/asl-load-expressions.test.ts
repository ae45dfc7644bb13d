import { describe, expect, it } from 'vitest'
import { lambda, only, pass, problems } from '../support/asl-definitions.ts'

describe('loading expressions', () => {
  const output = (expression: string, state: object = pass) => only({ ...state, Output: `{% ${expression} %}` })
  it.each<[string, object, string]>([
    ['$eval', output("$eval('1')"), '$eval does not exist'],
    ['an unknown function', output('$frobnicate(1)'), '$frobnicate is neither'],
    ['an unknown variable', output('$jbo'), '$jbo is neither'],
    ['the root', output('$'), '"$" has no meaning'],
    ['the root of roots', output('$$.a'), '"$$" has no meaning'],
    ['a bare field', output("name = 'x'"), 'field name "name"'],
    ['a bare field in a constructor', output("{'a': name}"), 'field name "name"'],
    ['a wildcard', output('*'), 'no input document'],
    ['$states.result of a Pass', output('$states.result'), '$states.result is not available'],
    ['$states.errorOutput of a Task', output('$states.errorOutput', lambda), '$states.errorOutput is not available'],
    ['an unknown part of $states', output('$states.inptu'), '$states.inptu does not exist'],
    ['the task token', output('$states.context.Task.Token'), '"Task" is not implemented'],
    ['the item outside a Map', output('$states.context.Map.Item.Value'), 'only inside a Map'],
    ['syntax newer than Step Functions', output('$states.input.a ?? 1'), 'operator "??"'],
    ['the other syntax newer than Step Functions', output('$states.input.a ?: 1'), 'operator "?:"'],
  ])('refuses %s in an expression', (_, asl, message) => {
    const found = problems(asl)
    expect(found.map((problem) => problem.message)).toEqual([expect.stringContaining(message)])
    expect(found[0]?.pointer).toBe('/States/Only/Output')
  })

  it.each([
    "$states.input.items[price > 5 and name = 'x'].{ 'p': price, 'all': $ }",
    '$states.input.items^(>price, name)',
    '$states.input.items{kind: $sum(price)}',
    '($a := 1; $f := function($x, $y){ $x + $y + $a }; $f(1, 2))',
    '$reduce($states.input.items, function($sum, $item){ $sum + $item.price }, 0)',
    "$states.input ~> |items|{'seen': true}, 'secret'|",
    '$states.input.items@$i.tags#$n.{ "item": $i.name, "n": $n }',
    "$exists($states.input.a) ? $states.input.a : 'none'",
    '$map($states.input.items, $string)',
    '$states.input.items[$contains(name, /x+/i)]',
    '$states.input.**.name',
    '$states.context.Execution.Input.items[0].name',
  ])('accepts %s', (expression) => {
    expect(problems(output(expression))).toEqual([])
  })
})
