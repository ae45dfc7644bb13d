import { expect, it } from 'vitest'
import { createLeakIndex, maxFindings } from '../../../../core/data-factory/leak/leak-index.ts'
import { leakDefaults } from '../../../../core/data-factory/leak/leak-options.ts'

// 2,000 samples against 10,000 items of one template are 20 million pairs and more: compared one by one they take minutes.
const limitMs = 15_000
const indexOf = (texts: string[]) =>
  createLeakIndex(
    texts.map((text, index) => ({ suite: 't', index, text })),
    leakDefaults,
  )
const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i))

function timed(act: () => void): number {
  const started = performance.now()
  act()
  return performance.now() - started
}

it('ten thousand items that differ in two numbers are one comparison once their numbers are masked', () => {
  const ask = (a: number, b: number) => `What is the sum of the two numbers ${a} and ${b} please?`
  const index = indexOf(many(10_000, (i) => ask(i, i + 1)))
  const took = timed(() => {
    for (let i = 0; i < 2000; i++) {
      const found = index.check(ask(i + 20_000, i))
      expect(found).toHaveLength(maxFindings)
      expect(found[0]).toMatchObject({ pass: 'masked', item: 0, containment: 1 })
    }
  })
  expect(took).toBeLessThan(limitMs)
  expect(index.best().every(({ masked }) => masked?.containment === 1)).toBe(true)
  expect(index.check(ask(7, 8))[0]).toEqual({ pass: 'plain', suite: 't', item: 7, containment: 1 })
})

it('ten thousand items that differ in a name at their end are few comparisons', () => {
  const name = (i: number) => `n${[...String(i)].map((digit) => 'abcdefghij'[Number(digit)]).join('')}`
  const ask = (i: number) =>
    `A train leaves the city at noon and goes north for three hours without a stop; how far does it go, asks ${name(i)}`
  const index = indexOf(many(10_000, ask))
  const half = ask(0).split(' ').slice(0, 12).join(' ')
  const took = timed(() => {
    for (let i = 0; i < 2000; i++) {
      expect(index.check(`${half} and arrives in town ${i}`)).toEqual([])
      expect(index.check(ask(i + 20_000))).toHaveLength(2 * maxFindings)
    }
  })
  expect(took).toBeLessThan(limitMs)
  expect(index.best().every(({ plain }) => plain?.containment === 18 / 19)).toBe(true)
})
