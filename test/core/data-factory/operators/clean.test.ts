import { describe, expect, it } from 'vitest'
import { createClean } from '../../../../core/data-factory/operators/clean.ts'
import { findPlaceholder } from '../../../../core/data-factory/operators/placeholder.ts'
import { isRefusal } from '../../../../core/data-factory/operators/refusal.ts'
import { repeatedLineShare, repeatedTrigramShare } from '../../../../core/data-factory/operators/repetition.ts'
import { Clean } from '../../../../schemas/operators.ts'
import type { Row } from '../../../../schemas/rows.ts'
import { realDataIsHere, realTexts } from './real-data.ts'

const clean = (row: Row, config: Partial<Clean> = {}) => createClean(Clean.parse(config)).apply(row)
const echo = 'I like it. '.repeat(20)
const user = { role: 'user' as const, content: 'Hi' }

describe('cleaning', () => {
  it('keeps a good row of every format', () => {
    const rows: Row[] = [
      { prompt: 'p', completion: 'c' },
      { prompt: 'p', chosen: 'a', rejected: 'b' },
      { prompt: 'p', completion: 'c', label: true },
      { prompt: 'p', answer: '4', rationale: 'r' },
      { messages: [user, { role: 'assistant', content: 'Hello' }] },
    ]
    for (const row of rows) expect(clean(row)).toEqual({ kept: row })
  })

  it('drops an answer that is too short, and names the limit', () => {
    expect(clean({ prompt: 'p', completion: ' ok ' }, { min_answer_characters: 3 })).toEqual({
      dropped: 'empty_answer',
      detail: '2 characters, at least 3',
    })
    expect(clean({ prompt: 'p', chosen: 'fine', rejected: ' ' })).toMatchObject({ dropped: 'empty_answer' })
    expect(clean({ messages: [user, { role: 'assistant', content: '' }] })).toMatchObject({ dropped: 'empty_answer' })
  })

  it('lets a message that calls a tool be silent, and needs a word of the assistant at all', () => {
    const tool_calls = [{ type: 'function' as const, function: { name: 'f', arguments: '{}' } }]
    const called = { role: 'assistant' as const, content: '', tool_calls }
    const row: Row = {
      messages: [user, called, { role: 'tool', content: '4' }, { role: 'assistant', content: 'It is 4' }],
    }
    expect(clean(row)).toEqual({ kept: row })
    expect(clean({ messages: [user, user] })).toMatchObject({ dropped: 'no_answer' })
  })

  it('drops a pair of the same answers', () => {
    expect(clean({ prompt: 'p', chosen: 'a', rejected: 'a' })).toMatchObject({ dropped: 'same_answers' })
  })

  it('judges repetition where it is learned, not where it is to be avoided', () => {
    expect(clean({ prompt: 'p', completion: echo })).toMatchObject({ dropped: 'repeated_trigrams' })
    expect(clean({ prompt: 'p', chosen: echo, rejected: 'r' })).toMatchObject({ dropped: 'repeated_trigrams' })
    expect(clean({ prompt: 'p', chosen: 'c', rejected: echo })).toHaveProperty('kept')
    expect(clean({ prompt: 'p', completion: echo, label: false })).toHaveProperty('kept')
    expect(clean({ prompt: 'p', completion: 'one line\ntwo lines\none line\ntwo lines' })).toMatchObject({
      dropped: 'repeated_lines',
      detail: 'share 1.00, at most 0.5',
    })
  })

  it('drops refusals only when told', () => {
    const row = { prompt: 'p', completion: "I'm sorry, but I can't assist with that request." }
    expect(clean(row)).toEqual({ kept: row })
    expect(clean(row, { refusals: 'drop' })).toMatchObject({ dropped: 'refusal' })
  })

  it('drops unfilled templates in questions and answers unless told', () => {
    const row = { prompt: 'Answer this: {question}', completion: 'Yes' }
    expect(clean(row)).toEqual({ dropped: 'placeholder', detail: '{question}' })
    expect(clean(row, { placeholders: 'keep' })).toEqual({ kept: row })
    expect(clean({ messages: [user, { role: 'assistant', content: 'TODO: write' }] })).toMatchObject({
      dropped: 'placeholder',
    })
    expect(
      clean({
        messages: [
          { ...user, content: 'TODO: buy' },
          { role: 'assistant', content: 'ok' },
        ],
      }),
    ).toHaveProperty('kept')
  })
})

describe('shares of repetition', () => {
  it('counts characters in lines that occur more than once', () => {
    expect(repeatedLineShare('aaaa\nbbbb\naaaa\ncccc')).toBe(0.5)
    expect(repeatedLineShare('aaaa\naaaa\naaaa')).toBe(0)
    expect(repeatedLineShare('}\n}\n}\n}\n}\nreturn x')).toBe(0)
  })

  it('counts the words of the most frequent 3-gram', () => {
    const words = Array.from({ length: 24 }, (_, i) => `w${i}`)
    expect(repeatedTrigramShare(words.join(' '))).toBeCloseTo(3 / 24)
    expect(repeatedTrigramShare(`${words.slice(0, 18).join(' ')} w0 w1 w2 w0 w1 w2`)).toBeCloseTo(9 / 24)
    expect(repeatedTrigramShare('ha '.repeat(19))).toBe(0)
    expect(repeatedTrigramShare('ha '.repeat(30))).toBe(1)
    expect(repeatedTrigramShare('哈'.repeat(30))).toBe(1)
    expect(repeatedTrigramShare(words.join(' '))).toBeCloseTo(3 / 24)
  })
})

describe('refusals', () => {
  it.each([
    'I’m sorry, but I cannot help with that.',
    'I cannot provide medical advice.',
    'As an AI language model, I do not have personal opinions.',
    'Sorry, I am unable to assist.',
    'Unfortunately, I can not answer this.',
    '抱歉，我无法提供这方面的信息。',
    '作为一个人工智能语言模型，我不能回答这个问题。',
    '对不起，我不能帮助你完成这个请求。',
  ])('%s', (text) => expect(isRefusal(text)).toBe(true))

  it.each([
    'I can help with that.',
    'He said: I cannot help you.',
    'I cannot provide a closed form, so the sum is split in two. '.repeat(9),
    'Sorry to hear that! Here is a plan.',
    '我不知道他为什么不能来，但是答案是三。',
    '抱歉让您久等，结果是四。',
    '',
  ])('not: %s', (text) => expect(isRefusal(text)).toBe(false))
})

describe('placeholders', () => {
  it.each([
    'Translate {{ text }} now',
    'Dear [Insert name here],',
    '<your answer here>',
    'Q: {input}',
    'Lorem ipsum dolor sit amet',
    'First\nTODO\nlast',
  ])('%s', (text) => expect(findPlaceholder(text, true)).toBeDefined())

  it.each([
    '\\text{answer} = \\frac{x}{y} and x_{input}',
    'f"Hello {question}" and `{answer}`',
    '```py\nprint("{input}")\n# TODO: more\n```',
    'a set {x, y} and {"input": 3}',
    '[click](http://a.b) and [1] <b>bold</b>',
    '¡TODO el mundo!',
    'see [your notes](notes.md)',
  ])('not: %s', (text) => expect(findPlaceholder(text, true)).toBeUndefined())
})

describe.skipIf(!realDataIsHere)('GSM8K, MATH and HumanEval (needs ../shared/data)', () => {
  it('hold no placeholder and no refusal', () => {
    const texts = Object.values(realTexts()).flat()
    expect(texts.length).toBeGreaterThan(9000)
    expect(texts.filter((text) => isRefusal(text) || findPlaceholder(text, true) !== undefined)).toEqual([])
  })
})
