import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { satisfies } from '../../../core/preflight/version-range.ts'
import { VersionRange } from '../../../schemas/version-range.ts'

describe('a version satisfies a range as pip reads it', () => {
  it.each([
    ['2.6.0', '2.6.0', true],
    ['2.6', '==2.6.0', true],
    ['2.6.1', '2.6.0', false],
    ['2.6.0+cu124', '==2.6.0', true],
    ['2.6.0', '>=2.3,<3', true],
    ['3.0', '>=2.3,<3', false],
    ['2.10.0', '>2.9', true],
    ['2.3.9', '~=2.3.1', true],
    ['2.4.0', '~=2.3.1', false],
    ['2.9', '~=2.3', true],
    ['2.3.0', '~=2.3.1', false],
    ['2.3.7', '==2.3.*', true],
    ['2.30.7', '==2.3.*', false],
    ['2.4.0', '!=2.3.*', true],
    ['2.4.0', '!=2.4.0', false],
    ['2.4.0rc1', '>=2.4.0', false],
    ['2.4.0rc1', '>=2.4.0rc1', true],
    ['2.4.0.dev3', '<2.4.0rc1', true],
    ['2.4.0.post1', '>2.4.0', true],
    ['v12.4', '>= 12.1', true],
    ['3.12.3', '<= 3.12.3', true],
    ['nightly', '>=0', false],
    ['2.4.0junk', '>=0', false],
    ['2.4', '~=2', false],
    ['2.4', '', false],
  ])('%s in %s: %s', (version, range, expected) => {
    expect(satisfies(version, range)).toBe(expected)
  })

  const release = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'))
  it('one of <, ==, > holds, and != is the opposite of ==', () => {
    fc.assert(
      fc.property(release, release, (a, b) => {
        const order = ['<', '==', '>'].filter((operator) => satisfies(a, operator + b))
        expect(order).toHaveLength(1)
        expect(satisfies(a, `!=${b}`)).toBe(order[0] !== '==')
        expect(satisfies(a, `>=${b}`)).toBe(order[0] !== '<')
        expect(satisfies(b, `<=${a}`)).toBe(order[0] !== '<')
      }),
    )
  })
})

it.each([
  ['>=2.3,<3', true],
  ['2.6.0', true],
  ['==2.3.*', true],
  ['~=2.3.1rc1', true],
  ['', false],
  ['latest', false],
  ['>=2.3,', false],
  ['=>2.3', false],
  ['^2.3', false],
])('a recipe may ask for %j: %s', (range, allowed) => {
  expect(VersionRange.safeParse(range).success).toBe(allowed)
})
