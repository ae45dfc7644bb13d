import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countOperations } from '../../../../core/data-factory/difficulty/operations.ts'

const byPattern = (text: string) => text.match(/\d\s*[-+/*×÷=]\s*\$?\d/g)?.length ?? 0

describe('countOperations', () => {
  it.each([
    ['48/2 = 24 clips', 1],
    ['48+24 = $72, and 3 × 4=12', 3],
    ['1 - 2 - 3', 1],
    ['a + b, 2 x 3, 2024-05-06', 2],
    ['no digits + at = all', 0],
    ['', 0],
    ['7\u00a0÷\u30007', 1],
  ])('counts %j as the pattern does', (text, count) => {
    expect(countOperations(text)).toBe(count)
    expect(byPattern(text)).toBe(count)
  })

  it('agrees with the pattern on any text of its characters', () => {
    const text = fc
      .array(fc.constantFrom(...'0123 9\n\t\u2009+-*/×÷=$$xa.'), { maxLength: 60 })
      .map((all) => all.join(''))
    fc.assert(
      fc.property(text, (any) => {
        expect(countOperations(any)).toBe(byPattern(any))
      }),
      { numRuns: 2000 },
    )
  })

  it('sees the same blanks as the pattern in all of the basic plane', () => {
    for (let code = 0; code < 0xffff; code++) {
      const text = `1${String.fromCharCode(code)}+1`
      if (countOperations(text) !== byPattern(text)) expect.fail(`differs at ${code.toString(16)}`)
    }
  })
})
