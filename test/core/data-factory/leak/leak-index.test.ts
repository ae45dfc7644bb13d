import { describe, expect, it } from 'vitest'
import {
  createLeakIndex,
  type LeakFinding,
  type LeakItem,
  maxFindings,
} from '../../../../core/data-factory/leak/leak-index.ts'
import { leakDefaults } from '../../../../core/data-factory/leak/leak-options.ts'
import { mergeMatches } from '../../../../core/data-factory/leak/merge-matches.ts'
import { createScanner } from '../../../../core/text/scan-words.ts'
import { caught } from '../../support/caught.ts'

const vocabulary =
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau'.split(' ')
const letters = (number: number) => String(number).replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)] as string)
const sentence = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `${vocabulary[(from + i) % vocabulary.length]}${letters(from + i)}`).join(' ')

const items = (...texts: string[]): LeakItem[] => texts.map((text, index) => ({ suite: 'unit', index, text }))
const plainIndex = (...texts: string[]) => createLeakIndex(items(...texts), { ...leakDefaults, masked: false })
const plain = (item: number, containment: number): LeakFinding => ({ pass: 'plain', suite: 'unit', item, containment })
const masked = (item: number, containment: number): LeakFinding => ({ ...plain(item, containment), pass: 'masked' })

describe('a planted item', () => {
  // 24 words have 20 five-grams: 17 of 20 is exactly 0.85.
  const item = sentence(0, 24)
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
    expect(plainIndex(item).check(share(grams))).toEqual([plain(0, containment)])
  })

  it('is found at a threshold that is no binary fraction, exactly met', () => {
    // 25 five-grams: 0.56 * 25 is 14.000000000000002 in floating point.
    const index = createLeakIndex(items(sentence(0, 29)), { ngram: 5, threshold: 0.56, masked: false })
    expect(index.check(sentence(0, 18))).toEqual([plain(0, 0.56)])
    expect(index.check(sentence(0, 17))).toEqual([])
  })

  it.each([0, 10, 16])('is not found when the sample holds only %i of them', (grams) => {
    expect(plainIndex(item).check(share(grams))).toEqual([])
  })

  it('is found in other case and punctuation, and deep in a long sample', () => {
    const loud = item.toUpperCase().replaceAll(' ', ', ')
    const text = `${sentence(300, 2000)}: "${loud}!" ${sentence(3000, 2000)}`
    expect(plainIndex(item).check(text)).toEqual([plain(0, 1)])
  })

  it('counts its repeated n-grams once, and those of the sample', () => {
    const twice = `${sentence(0, 6)} ${sentence(0, 6)}`
    expect(plainIndex(twice).check(twice)).toEqual([plain(0, 1)])
    expect(plainIndex(item).check(`${share(10)} ${share(10)}`)).toEqual([])
  })

  it('stands first when it is contained the most', () => {
    const index = plainIndex(sentence(0, 24), sentence(50, 24))
    expect(index.check(`${sentence(0, 22)} | ${sentence(50, 24)}`)).toEqual([plain(1, 1), plain(0, 0.9)])
  })

  it('is told for each suite that has it', () => {
    const two = [...items(item), { suite: 'other', index: 9, text: `${item}!` }]
    const index = createLeakIndex(two, { ...leakDefaults, masked: false })
    expect(index.check(item)).toEqual([plain(0, 1), { pass: 'plain', suite: 'other', item: 9, containment: 1 }])
  })
})

describe('an item of fewer words than an n-gram', () => {
  const index = plainIndex('What is 2+2?', '?!')

  it('is found as a run of whole words', () => {
    expect(index.check('so, what IS 2 + 2 then')).toEqual([plain(0, 1)])
  })

  it.each(['what is 2+21', 'somewhat is 2 2', 'what was 2+2', ''])('is not found in %j', (text) => {
    expect(index.check(text)).toEqual([])
  })

  it('cannot be judged without a word', () => {
    expect(index.unjudged).toEqual({ plain: 1, masked: 0 })
  })
})

describe('the masked pass', () => {
  it('finds a copy with other numbers, which the plain pass does not', () => {
    const index = createLeakIndex(items('What is 12 plus 7?'), leakDefaults)
    expect(index.check('Q: what is 381 plus 90? A: 471')).toEqual([masked(0, 1)])
    expect(index.check('Q: what is 381 minus 90? A: 291')).toEqual([])
  })

  it('does not judge items that are nearly numbers alone, and counts them', () => {
    const index = createLeakIndex(
      items('30 + 4', '1 2 3 4 5 6', '17 is 17 is 4 4 4', 'Add 1 to 2, then 5', 'no digit'),
      {
        ...leakDefaults,
      },
    )
    expect(index.unjudged).toEqual({ plain: 0, masked: 3 })
    expect(index.check('7 8 9 10 11 12 is 4 is 4 4 4')).toEqual([])
    expect(index.check('1 2 3 4 5 6')).toEqual([plain(1, 1)])
    expect(index.check('add 11 to 12 then 15')).toEqual([masked(3, 1)])
  })

  it('masks digits of every script, and within words', () => {
    const index = createLeakIndex(items('the room b12x holds ١٢ people today'), leakDefaults)
    expect(index.check('The room B7X holds 4096 people today.')).toEqual([masked(0, 1)])
  })
})

it('Chinese is compared by characters, masked as well', () => {
  const index = createLeakIndex(items('小明有15个苹果,吃了2个'), leakDefaults)
  expect(index.check('题目:小明有15个苹果,吃了2个。还剩几个?')).toEqual([plain(0, 1), masked(0, 1)])
  expect(index.check('题目:小明有8个苹果,吃了3个。还剩几个?')).toEqual([masked(0, 1)])
  expect(index.check('小红有三个梨,吃了一个')).toEqual([])
})

describe('the best match of an item', () => {
  it('is kept from half of its n-grams on, with the row that reached it first', () => {
    const index = plainIndex(sentence(0, 24), sentence(50, 24), 'one two')
    for (const text of [sentence(0, 8), sentence(0, 14), sentence(0, 14), `${sentence(0, 16)} one two`])
      index.check(text)
    expect(index.best().map((each) => [each.plain, each.thirteen])).toEqual([
      [{ containment: 0.6, row: 3 }, true],
      [null, false],
      [{ containment: 1, row: 3 }, false],
    ])
  })

  it('is kept for the short ones of a template as well, where long ones come first', () => {
    const core = sentence(0, 14)
    const long = Array.from({ length: 70 }, (_, i) => `${core} ${sentence(1000 + 20 * i, 8)}`)
    const short = Array.from({ length: 70 }, (_, i) => `${core} ${sentence(5000 + i, 1)}`)
    const index = plainIndex(...long, ...short)
    index.check(sentence(0, 11))
    expect(index.best().map((each) => each.plain?.containment)).toEqual([
      ...long.map(() => undefined),
      ...short.map(() => 7 / 11),
    ])
  })

  it('is the same when parts are checked apart and merged', () => {
    const set = items(sentence(0, 24), sentence(50, 24), 'one two', 'take 1 and 2 and add them up')
    const rows = [sentence(0, 20), sentence(50, 12), 'one two take 3 and 4 and add', sentence(0, 20), sentence(50, 30)]
    const [whole, left, right] = [0, 0, 0].map(() => createLeakIndex(set, leakDefaults))
    rows.forEach((text, row) => {
      whole?.check(text, row)
      ;(row % 2 ? left : right)?.check(text, row)
    })
    const merged = mergeMatches([left?.best() ?? [], right?.best() ?? []])
    expect(merged).toEqual(whole?.best())
    expect(merged.filter((each) => each.plain)).toHaveLength(3)
  })
})

it('takes a scan that was made already', () => {
  const text = sentence(0, 24)
  expect(plainIndex(text).check(text, 0, createScanner().scan(text))).toEqual([plain(0, 1)])
})

it('has one digest for the same items and options, and another for any other', () => {
  const digest = (text: string, ngram: number) => createLeakIndex(items(text), { ...leakDefaults, ngram }).digest
  expect(digest('a', 5)).toBe(digest('a', 5))
  expect(new Set([digest('a', 5), digest('b', 5), digest('a', 6)]).size).toBe(3)
})

it('names every option that breaks its rule', () => {
  const options = { ngram: 0, threshold: Number.NaN, masked: true }
  expect(caught(() => createLeakIndex([], options))).toMatchObject({
    code: 'invalid',
    errors: [{ pointer: '/ngram' }, { pointer: '/threshold' }],
  })
})

it('tells the worst leaks of a sample that leaks many items, and keeps every best match', () => {
  const ask = (name: string) => `${sentence(0, 30)} says ${name}`
  const index = plainIndex(...Array.from({ length: 300 }, (_, i) => ask(letters(i + 1000))))
  const found = index.check(ask(letters(1123)))
  expect(found).toHaveLength(maxFindings)
  expect(found[0]).toEqual(plain(123, 1))
  const early = index.check(ask(letters(1003))).map(({ item }) => item)
  expect(early[0]).toBe(3)
  expect(new Set(early).size).toBe(maxFindings)
  const nearest = index.best().map((each) => each.plain?.containment)
  expect(nearest.filter((containment) => containment === 27 / 28)).toHaveLength(298)
})
