import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonProblems } from '../../../core/formats/json-problems.ts'
import { scanJson } from '../../../core/formats/json-scan.ts'
import { parseJson } from '../../../core/formats/parse-json.ts'

const problemsOf = (text: string) => (parseJson(text).problems ?? []).map(({ pointer, code }) => [pointer, code])

describe('what JSON.parse lets pass', () => {
  it.each([
    ['{"a":1,"b":2,"a":3}', [['/a', 'duplicate_key']]],
    ['{"x":[{"a":1},{"k/1":{"a":1,"\\u0061":2}}]}', [['/x/1/k~11/a', 'duplicate_key']]],
    ['{"a":"\\ud83d"}', [['/a', 'lone_surrogate']]],
    ['{"\\udc00":1}', [['/\udc00', 'lone_surrogate']]],
    ['{"a":[1e999]}', [['/a/0', 'inexact_number']]],
    ['{"a":9007199254740993}', [['/a', 'inexact_number']]],
    ['{"__proto__":{"x":1}}', [['/__proto__', 'reserved_key']]],
    ['[[["a",{"b":1, "b" : 2}]]]', [['/0/0/1/b', 'duplicate_key']]],
    [`${'['.repeat(65)}${']'.repeat(65)}`, [['', 'too_deep']]],
    ['['.repeat(2_000_000), [['', 'too_deep']]],
  ])('%.60s is refused', (text, expected) => {
    expect(problemsOf(text)).toEqual(expected)
  })

  it.each([
    '{"a":"x\\":{\\"a\\":1"}',
    '{"a":9007199254740992,"b":1e300}',
    '{"a":"\\ud83d\\ude00"}',
    '{"a":{"a":[{"a":1},{"a":2}]}}',
    `${'['.repeat(64)}${']'.repeat(64)}`,
  ])('%.60s is fine', (text) => {
    expect(parseJson(text)).toEqual({ value: JSON.parse(text) })
  })
})

describe('what is not JSON', () => {
  it.each([
    ['{"a":\0}', 'nul_byte'],
    ['\ufeff{"a":1}', 'byte_order_mark'],
    ['{"a":NaN}', 'not_finite'],
    ['{"a":-Infinity}', 'not_finite'],
    ["{'a':1}", 'python_literal'],
    ['{"a":None}', 'python_literal'],
    ['{"a":1,}', 'bad_json'],
    ['{"a":"NaN, None"', 'bad_json'],
  ])('%s is refused as %s', (text, code) => {
    expect(problemsOf(text)).toEqual([['', code]])
  })

  it('one row over several lines gets the remedy', () => {
    expect(parseJson('{').problems?.[0]?.remedy).toContain('must be a JSON array')
  })
})

it('agrees with JSON.parse on every value without a problem', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      const parsed = parseJson(text)
      if (parsed.problems) expect(parsed.problems.every(({ code }) => code !== 'bad_json')).toBe(true)
      else expect(parsed.value).toEqual(JSON.parse(text))
    }),
    { numRuns: 500, seed: 5 },
  )
})

it('the count of keys finds a doubled key exactly where the slow search does', () => {
  // No key is a backslash alone: V8 13.6 mistakes the escaped quote of another key for it.
  const key = fc.constantFrom('a', 'b', 'c', '"', '\\ ', ':', '{', 'ü')
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: 'grapheme', maxLength: 5 }).map((each) => JSON.stringify(each)),
      fc.integer().map(String),
      fc.array(tie('tree'), { maxLength: 3 }).map((each) => `[ ${each.join(' , ')}]`),
      fc
        .array(fc.tuple(key, tie('tree')), { maxLength: 4 })
        .map((pairs) => `{${pairs.map(([name, value]) => `${JSON.stringify(name)} :${value}`).join(', ')}}`),
    ),
  }))
  let doubled = 0
  fc.assert(
    fc.property(tree, (text) => {
      const slow = jsonProblems(text).filter(({ code }) => code === 'duplicate_key')
      expect(parseJson(text).problems?.length ?? 0).toBe(slow.length)
      if (slow.length > 0) doubled += 1
    }),
    { numRuns: 1000, seed: 9 },
  )
  expect(doubled).toBeGreaterThan(20)
})

it('a long run of escapes is scanned once', () => {
  const text = `"${'\\\\'.repeat(500_000)}${'\\"'.repeat(500_000)}"`
  expect(scanJson(`{${text}:1}`)).toEqual({ keys: 1, depth: 1 })
})
