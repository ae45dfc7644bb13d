import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { measureDistinct2 } from '../../../../core/data-factory/diversity/distinct2.ts'
import { renderRow } from '../../../../core/text/row-text.ts'
import { gsm8k, gsm8kIsHere } from '../../support/gsm8k.ts'
import { math500, wordHashes } from './real-texts.ts'

const measure = (texts: string[]) => measureDistinct2(texts.map(wordHashes))

describe.skipIf(!gsm8kIsHere)('known values (needs ../shared/data)', () => {
  const rows = (split: 'train' | 'test') =>
    gsm8k(split).map(({ question, answer }) => renderRow({ prompt: question, answer }))

  it.each([
    ['GSM8K test', () => rows('test'), 129, 0.7531, 0.8048, 0.4193],
    ['GSM8K train', () => rows('train'), 715, 0.7592, 0.8087, 0.2849],
    ['MATH-500', () => math500().map((row) => `${row.problem}\n${row.solution}`), 72, 0.6638, 0.7415, 0.3248],
  ])('of %s', (_, texts, windows, value, perSample, corpus) => {
    const measured = measure(texts())
    expect(measured).toMatchObject({ windows, flags: [], definition: 'distinct2/1', sampled: false })
    expect(measured.value).toBeCloseTo(value, 3.3)
    expect(measured.perSample).toBeCloseTo(perSample, 3.3)
    expect(measured.corpus).toBeCloseTo(corpus, 3.3)
  })

  it('one sample repeated 500 times is seen, although each sample alone looks diverse', () => {
    const [first = ''] = rows('test')
    const measured = measure(Array.from({ length: 500 }, () => first))
    expect(measured.perSample).toBeGreaterThan(0.7)
    expect(measured.value).toBeLessThan(0.1)
  })
})

const word = (i: number) => `w${i}`
const different = (count: number) => Array.from({ length: count }, (_, i) => word(i)).join(' ')

it('counts bigrams across samples in a window, and drops the last partial window', () => {
  // 999 bigrams of 1,000 words; the words that follow would be all alike.
  const halves = [different(500), Array.from({ length: 500 }, (_, i) => word(1000 + i)).join(' ')]
  expect(measure(halves)).toMatchObject({ value: 1, windows: 1, words: 1000 })
  expect(measure([...halves, Array.from({ length: 999 }, () => 'same').join(' ')])).toMatchObject({
    value: 1,
    windows: 1,
    words: 1999,
  })
  expect(measure([...halves, Array.from({ length: 1000 }, () => 'same').join(' ')]).value).toBe((1 + 1 / 999) / 2)
})

it('fewer than 1,000 words are one window, flagged; fewer than two have no value', () => {
  expect(measure(['a b a b a b'])).toMatchObject({ value: 2 / 5, windows: 1, flags: ['fewer_words_than_a_window'] })
  expect(measure(['a'])).toMatchObject({ value: null, windows: 0, corpus: null, perSample: null, ead: null })
  expect(measure([])).toMatchObject({ value: null, n: 0 })
})

it('is what sets of bigrams say', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 700 }).map((words) => words.join(' '))
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), (texts) => {
      const all = texts.flatMap((each) => each.split(' ').filter(Boolean))
      const distinct = (words: string[]) => new Set(words.slice(1).map((each, i) => `${words[i]} ${each}`)).size
      const windows = Array.from({ length: Math.floor(all.length / 1000) }, (_, i) =>
        all.slice(1000 * i, 1000 * i + 1000),
      )
      const shares = windows.map((window) => distinct(window) / 999)
      const expected =
        shares.length > 0
          ? shares.reduce((sum, share) => sum + share, 0) / shares.length
          : all.length > 1
            ? distinct(all) / (all.length - 1)
            : null
      expect(measure(texts).value).toBe(expected)
    }),
    { numRuns: 100 },
  )
})

it('the adjusted value of words drawn at random is near 1, whatever the size', () => {
  let state = 7
  const draw = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return word(Math.floor((state / 2 ** 32) * 50))
  }
  for (const size of [500, 5000]) {
    const measured = measure([Array.from({ length: size }, draw).join(' ')])
    expect(measured.ead).toBeGreaterThan(0.95)
    expect(measured.ead).toBeLessThan(1.05)
  }
})
