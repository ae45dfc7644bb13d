import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromAttribute, fromAttributes, toAttribute, toAttributes } from '../../adapters/aws/dynamo-value.ts'
import type { Json, JsonObject } from '../../core/platform/ports.ts'

const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', '\0', '\0\0', '\0a', '__proto__', 'S', 'N'))
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, '', 0, 5e-324, 1.7976931348623157e308, Number.MAX_SAFE_INTEGER),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ) as fc.Arbitrary<Json>,
}))

describe('values in DynamoDB', () => {
  it('come back as they were, through the JSON of the wire', () => {
    fc.assert(
      fc.property(value, (given) => {
        expect(fromAttribute(JSON.parse(JSON.stringify(toAttribute(given))))).toEqual(given)
      }),
      { numRuns: 2000 },
    )
  })

  it('have no empty name at any depth, and no two names become one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 8 }), (names) => {
        const object = Object.fromEntries(names.map((each, n) => [each, { [each]: n }])) as JsonObject
        const stored = toAttributes(object)
        expect(Object.keys(stored)).toHaveLength(names.length)
        for (const inner of [stored, ...Object.values(stored).map((each) => each.M ?? {})])
          expect(Object.keys(inner)).not.toContain('')
        expect(fromAttributes(stored)).toEqual(object)
      }),
    )
  })

  it.each([
    ['1000000000000000000000', '1e+21'],
    ['0.0000001', '1e-7'],
    ['9007199254740991', '9007199254740991'],
    ['0.30000000000000004', '0.30000000000000004'],
  ])('read the number %s, however DynamoDB spells it', (answered, sent) => {
    expect(toAttribute(Number(answered))).toEqual({ N: sent })
    expect(fromAttribute({ N: answered })).toBe(Number(sent))
  })

  it('have no negative zero', () => {
    expect(toAttribute(-0)).toEqual({ N: '0' })
  })

  it('refuse a type that is never written', () => {
    expect(() => fromAttribute({ SS: ['a'] } as AttributeValue)).toThrow('has the type SS, which Sluice does not write')
  })
})
