import fc from 'fast-check'
import { expect, it } from 'vitest'
import { words } from '../../../core/datasets/row-text.ts'
import { createLeakIndex } from '../../../core/preflight/leak.ts'

const grams = (text: string, n: number) => {
  const tokens = words(text)
  return new Set(Array.from({ length: Math.max(0, tokens.length - n + 1) }, (_, i) => tokens.slice(i, i + n).join(' ')))
}

it('finds exactly what comparing every sample with every item finds', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 3, maxLength: 14 })
    .map((tokens) => tokens.join(' '))
  const threshold = fc.constantFrom(0.5, 0.75, 0.85, 1)
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 12 }), text, threshold, (items, sample, limit) => {
      const index = createLeakIndex(
        items.map((each, i) => ({ index: i, text: each })),
        3,
        limit,
      )
      const held = grams(sample, 3)
      const best = Math.max(...items.map((each) => grams(each, 3)).map((own) => own.intersection(held).size / own.size))
      const found = index.check(sample)
      expect(found?.containment ?? 0).toBe(best >= limit ? best : 0)
    }),
    { numRuns: 500 },
  )
})

it('does not compare every sample with every item when they share a template', () => {
  const ask = (a: number, b: number) => `What is the sum of the two numbers ${a} and ${b} please?`
  const index = createLeakIndex(
    Array.from({ length: 4000 }, (_, i) => ({ index: i, text: ask(i, i + 1) })),
    5,
    0.85,
  )
  const started = performance.now()
  for (let i = 0; i < 5000; i++) expect(index.check(ask(i + 10_000, i))).toBeUndefined()
  expect(performance.now() - started).toBeLessThan(5000)
  expect(index.check(ask(7, 8))).toEqual({ item: 7, containment: 1 })
})
