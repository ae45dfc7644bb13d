import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createSampleStore } from '../../../../core/data-factory/diversity/sample-store.ts'
import { toSymbols, trigramBuckets } from '../../../../core/data-factory/diversity/trigram-counts.ts'
import { trigramSource, wordHashes } from './real-texts.ts'

const counts = new Int32Array(trigramBuckets)

/** Adds and takes away: what is left over differs. */
function differ(add: (into: Int32Array) => void, takeAway: (into: Int32Array) => void): boolean {
  const touched = new Map<number, number>()
  const recorder = (sign: number) =>
    new Proxy(counts, {
      get: () => 0,
      set(_, bucket) {
        touched.set(Number(bucket), (touched.get(Number(bucket)) ?? 0) + sign)
        return true
      },
    })
  add(recorder(1))
  takeAway(recorder(-1))
  return [...touched.values()].some((left) => left !== 0)
}

it('keeps every text and its words, Latin or not, also after others were dropped', () => {
  const text = fc.string({ unit: fc.constantFrom(...'abc dé', ' ', '明', '1'), maxLength: 20 })
  const limit = fc.constantFrom(15, 40, 1000)
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), limit, (texts, maxWords) => {
      const store = createSampleStore(9, maxWords)
      for (const [i, each] of texts.entries())
        store.add(wordHashes(each), toSymbols(each, { units: new Uint16Array(32), length: 0, narrow: true }), [i])
      expect(store.offered).toBe(texts.length)
      expect(store.count).toBeGreaterThan(0)

      const kept = [...store.codes(0)]
      const source = trigramSource(texts)
      for (const [sample, original] of kept.entries())
        expect(
          differ(
            (into) => store.addTo(into, sample),
            (into) => source.addTo(into, original),
          ),
        ).toBe(false)
      const words = [...store.shuffledWords()].map((each) => each.join())
      expect(words.sort()).toEqual(kept.map((original) => wordHashes(texts[original] ?? '').join()).sort())
      if (maxWords === 1000) expect(kept).toEqual([...texts.keys()])
    }),
    { numRuns: 200 },
  )
})

it('holds no more words than it may, and draws every place alike', () => {
  const times = new Uint32Array(400)
  for (let seed = 0; seed < 200; seed++) {
    const store = createSampleStore(seed, 1000)
    for (let i = 0; i < 400; i++)
      store.add(new Uint32Array(10), { units: new Uint16Array(20), length: 20, narrow: true }, [i])
    expect(store.count).toBeLessThanOrEqual(100)
    expect(store.count).toBeGreaterThan(25)
    for (const place of store.codes(0)) times[place]!++
  }
  const [early, late] = [times.slice(0, 200), times.slice(200)].map((half) => half.reduce((sum, each) => sum + each, 0))
  expect((early ?? 0) / (late ?? 1)).toBeCloseTo(1, 1)
})

it('keeps one sample, even if that alone is more than it may hold', () => {
  for (let seed = 0; seed < 20; seed++) {
    const store = createSampleStore(seed, 1)
    for (let i = 0; i < 5; i++)
      store.add(new Uint32Array(10), { units: new Uint16Array(20), length: 20, narrow: true }, [i])
    expect(store.count).toBe(1)
  }
})
