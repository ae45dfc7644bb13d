import { describe, expect, it } from 'vitest'
import { renderRow } from '../../../core/datasets/row-text.ts'
import { createLeakIndex } from '../../../core/preflight/leak.ts'
import { gsm8k, gsm8kIsHere } from '../support/gsm8k.ts'

describe.skipIf(!gsm8kIsHere)('GSM8K (needs ../shared/data)', () => {
  it('has no test question in its training rows, and every planted one is found', () => {
    const items = gsm8k('test').map(({ question }, index) => ({ index, text: question }))
    const training = gsm8k('train').map(({ question, answer }) => renderRow({ prompt: question, answer }))
    expect([items.length, training.length]).toEqual([1319, 7473])

    const index = createLeakIndex(items, 5, 0.85)
    expect(training.filter((text) => index.check(text))).toEqual([])

    const planted = items.filter(({ index }) => index % 100 === 0)
    for (const { index: item, text } of planted)
      expect(index.check(`${training[item]}\n${text}`)).toEqual({ item, containment: 1 })
  })
})
