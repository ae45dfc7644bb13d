import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLeakIndex } from '../../../core/preflight/leak.ts'

const vocabulary =
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau'.split(' ')
const sentence = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `${vocabulary[(from + i) % vocabulary.length]}${from + i}`).join(' ')

describe('a planted item', () => {
  // 24 words have 20 five-grams: 17 of 20 is exactly 0.85.
  const item = sentence(0, 24)
  const index = createLeakIndex([{ index: 3, text: item }], 5, 0.85)
  const share = (grams: number) =>
    `${sentence(100, 10)} ${item
      .split(' ')
      .slice(0, grams + 4)
      .join(' ')} ${sentence(200, 10)}`

  it.each([
    [20, 1],
    [18, 0.9],
    [17, 0.85],
  ])('is found when the sample holds %i of its 20 five-grams', (grams, containment) => {
    expect(index.check(share(grams))).toEqual({ item: 3, containment })
  })

  it.each([0, 10, 16])('is not found when the sample holds only %i of them', (grams) => {
    expect(index.check(share(grams))).toBeUndefined()
  })

  it('is found in other case and punctuation, and deep in a long sample', () => {
    const loud = item.toUpperCase().replaceAll(' ', ', ')
    expect(index.check(`${sentence(300, 2000)}: "${loud}!" ${sentence(3000, 2000)}`)).toMatchObject({ item: 3 })
  })

  it('counts its repeated n-grams once', () => {
    const repeated = createLeakIndex([{ index: 0, text: `${sentence(0, 6)} ${sentence(0, 6)}` }], 5, 0.85)
    expect(repeated.check(`${sentence(0, 6)} ${sentence(0, 6)}`)).toEqual({ item: 0, containment: 1 })
  })

  it('is the worst of several', () => {
    const two = createLeakIndex(
      [
        { index: 0, text: sentence(0, 24) },
        { index: 1, text: sentence(50, 24) },
      ],
      5,
      0.85,
    )
    expect(two.check(`${sentence(0, 22)} | ${sentence(50, 24)}`)).toEqual({ item: 1, containment: 1 })
  })
})

describe('an item of fewer words than an n-gram', () => {
  const index = createLeakIndex(
    [
      { index: 7, text: 'What is 2+2?' },
      { index: 8, text: '?!' },
    ],
    5,
    0.85,
  )

  it('is found as a run of whole words', () => {
    expect(index.check('so, what IS 2 + 2 then')).toEqual({ item: 7, containment: 1 })
  })

  it.each(['what is 2+21', 'somewhat is 2 2', 'what was 2+2', ''])('is not found in %j', (text) => {
    expect(index.check(text)).toBeUndefined()
  })
})

it('Chinese is compared by characters', () => {
  const index = createLeakIndex([{ index: 0, text: '小明有五个苹果,吃了两个' }], 5, 0.85)
  expect(index.check('题目:小明有五个苹果,吃了两个。还剩几个?')).toEqual({ item: 0, containment: 1 })
  expect(index.check('小红有三个梨,吃了一个')).toBeUndefined()
})

it('an item is always found in a sample that holds it whole, and never in one that shares no word', () => {
  const words = fc.array(fc.constantFrom(...vocabulary), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(words, words, words, fc.integer({ min: 1, max: 8 }), (item, before, after, n) => {
      const index = createLeakIndex([{ index: 0, text: item.join(' ') }], n, 0.85)
      expect(index.check([...before, ...item, ...after].join(' '))).toMatchObject({ item: 0, containment: 1 })
      expect(index.check(before.map((word) => `${word}x`).join(' '))).toBeUndefined()
    }),
  )
})
