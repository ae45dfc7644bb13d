import { describe, expect, it } from 'vitest'
import { createLeakIndex, type LeakItem } from '../../../../core/data-factory/leak/leak-index.ts'
import { leakDefaults } from '../../../../core/data-factory/leak/leak-options.ts'
import { renderRow } from '../../../../core/text/row-text.ts'
import { gsm8k, gsm8kIsHere } from '../../support/gsm8k.ts'

describe.skipIf(!gsm8kIsHere)('GSM8K (needs ../shared/data)', () => {
  const items = (): LeakItem[] =>
    gsm8k('test').map(({ question }, index) => ({ suite: 'gsm8k', index, text: question }))
  const training = () => gsm8k('train').map(({ question, answer }) => renderRow({ prompt: question, answer }))

  it('has no test question in its training rows, and one with other numbers', () => {
    const index = createLeakIndex(items(), leakDefaults)
    const rows = training()
    expect([index.items, rows.length]).toEqual([1319, 7473])
    expect(index.unjudged).toEqual({ plain: 0, masked: 0 })

    const found = rows.flatMap((text, row) => index.check(text).map((finding) => ({ row, ...finding })))
    expect(found).toEqual([
      { row: 1314, pass: 'masked', suite: 'gsm8k', item: 602, containment: 19 / 21 },
      { row: 5162, pass: 'masked', suite: 'gsm8k', item: 602, containment: 19 / 21 },
    ])
    expect(index.best()[602]?.masked).toEqual({ containment: 19 / 21, row: 1314 })
  })

  it('every planted question is found, and every planted copy with other numbers in the masked pass', () => {
    const set = items()
    const rows = training()
    const index = createLeakIndex(set, leakDefaults)
    const planted = set.filter((_, i) => i % 100 === 0)
    for (const { index: item, text } of planted)
      expect(index.check(`${rows[item]}\n${text}`)).toContainEqual({
        pass: 'plain',
        suite: 'gsm8k',
        item,
        containment: 1,
      })

    const withDigits = set.filter(({ text }) => /\d/.test(text)).slice(0, 5)
    let plain = 0
    for (const { index: item, text } of withDigits)
      for (let shift = 1; shift <= 5; shift++) {
        const copy = text.replace(/\d+/g, (number) => String(Number(number) + 7 * shift))
        const found = index.check(`${rows[item + shift]}\n${copy}`).filter((finding) => finding.item === item)
        expect(found).toContainEqual({ pass: 'masked', suite: 'gsm8k', item, containment: 1 })
        plain += found.filter(({ pass }) => pass === 'plain').length
      }
    expect(plain).toBeLessThan(25)
  })
})
