import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createLeakIndex, type LeakFinding, maxFindings } from '../../../../core/data-factory/leak/leak-index.ts'
import { words } from '../../../../core/text/row-text.ts'

interface Case {
  items: string[]
  samples: string[]
  ngram: number
  threshold: number
}

const grams = (tokens: string[], n: number) =>
  new Set(Array.from({ length: Math.max(0, tokens.length - n + 1) }, (_, i) => tokens.slice(i, i + n).join(' ')))
const mask = (tokens: string[]) => tokens.map((token) => token.replace(/\p{Nd}+/gu, '0'))

/** The share of the item that the sample holds; undefined when the pass does not judge the item. */
function naive(item: string, sample: string, n: number, pass: LeakFinding['pass']): number | undefined {
  const [own, held] = [item, sample].map((text) => (pass === 'plain' ? words(text) : mask(words(text)))) as [
    string[],
    string[],
  ]
  if (own.length < n) {
    if (pass === 'masked' || own.length === 0) return undefined
    return grams(held, own.length).has(own.join(' ')) ? 1 : 0
  }
  if (pass === 'masked' && new Set(own.filter((word) => word !== '0')).size < Math.min(3, n)) return undefined
  const set = grams(own, n)
  return set.intersection(grams(held, n)).size / set.size
}

function expectNaive({ items, samples, ngram, threshold }: Case): void {
  const set = items.map((text, index) => ({ suite: 's', index, text }))
  const index = createLeakIndex(set, { ngram, threshold, masked: true })
  for (const sample of samples) {
    const found = index.check(sample)
    for (const pass of ['plain', 'masked'] as const) {
      const all = set
        .map(({ index: item, text }) => ({
          pass,
          suite: 's',
          item,
          containment: naive(text, sample, ngram, pass) ?? 0,
        }))
        .filter(({ containment }) => containment >= threshold)
        .sort((a, b) => b.containment - a.containment || a.item - b.item)
      const told = found.filter((finding) => finding.pass === pass)
      // Of more leaks than are told, those that are contained the most; which of equals is free.
      expect(told.map(({ containment }) => containment)).toEqual(
        all.slice(0, maxFindings).map(({ containment }) => containment),
      )
      if (all.length <= maxFindings) expect(told).toEqual(all)
      else for (const finding of told) expect(all).toContainEqual(finding)
    }
  }
  const best = index.best()
  for (const { index: item, text } of set) {
    for (const pass of ['plain', 'masked'] as const) {
      const all = samples.map((sample) => naive(text, sample, ngram, pass) ?? 0)
      const most = Math.max(...all)
      const recorded = most >= Math.min(0.5, threshold) ? { containment: most, row: all.indexOf(most) } : null
      expect(best[item]?.[pass] ?? null).toEqual(recorded)
    }
    const long = samples.some((sample) => grams(words(text), 13).intersection(grams(words(sample), 13)).size > 0)
    expect(best[item]?.thirteen).toBe(long)
  }
}

const text = (vocabulary: string[], maxLength: number, joint: string) =>
  fc.array(fc.constantFrom(...vocabulary), { maxLength }).map((tokens) => tokens.join(joint))

const cases = (vocabulary: string[], joint: string) =>
  fc.record({
    items: fc.array(text(vocabulary, 16, joint), { minLength: 1, maxLength: 12 }),
    samples: fc.array(text(vocabulary, 40, joint), { minLength: 1, maxLength: 5 }),
    ngram: fc.integer({ min: 1, max: 6 }),
    threshold: fc.constantFrom(0.3, 0.5, 0.75, 0.85, 1),
  })

it('finds exactly what comparing every sample with every item finds', () => {
  fc.assert(fc.property(cases(['a', 'b', 'c', '1', '22', 'x3y'], ' '), expectNaive), { numRuns: 600 })
})

it('so in Chinese', () => {
  fc.assert(fc.property(cases(['小', '明', '有', '几', '3', '15', ',', 'kg'], ''), expectNaive), { numRuns: 300 })
})

it('so when samples are made of items', () => {
  const made = cases(['a', 'b', 'c', 'd', 'e', '1', '2'], ' ').chain((each) =>
    fc
      .array(fc.tuple(fc.nat(each.items.length - 1), fc.nat(8), fc.nat(8)), { minLength: 1, maxLength: 3 })
      .map((cuts) => ({
        ...each,
        samples: cuts.map(
          ([item, from, left]) =>
            `d ${each.items[item]
              ?.split(' ')
              .slice(from, 16 - left)
              .join(' ')} e`,
        ),
      })),
  )
  fc.assert(fc.property(made, expectNaive), { numRuns: 300 })
})

it('so when so many items share a template that its n-grams are common', () => {
  const names = ['ann', 'bob', 'cid', 'dee', 'eve', 'fay', 'gus', 'hal', 'ida', 'jon']
  const ask = (i: number) =>
    `in the shop ${names[i % 10]} buys ${i} red pens for the price of one and ${names[i % 7]}${' thank you very much'.slice(0, 18 - 6 * (i % 4))}`
  const items = Array.from({ length: 140 }, (_, i) => ask(i))
  const sample = fc.tuple(fc.nat(200), fc.nat(12), fc.nat(6)).map(
    ([i, from, left]) =>
      `so ${ask(i).split(' ').slice(from).join(' ')} ${ask(i)
        .split(' ')
        .slice(0, 17 - left)
        .join(' ')}`,
  )
  const many = fc.record({
    items: fc.constant(items),
    samples: fc.array(sample, { minLength: 1, maxLength: 4 }),
    ngram: fc.integer({ min: 1, max: 6 }),
    threshold: fc.constantFrom(0.5, 0.75, 0.85, 1),
  })
  fc.assert(fc.property(many, expectNaive), { numRuns: 50 })
})
