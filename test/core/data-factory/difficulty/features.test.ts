import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chineseConnectives, englishConnectives } from '../../../../core/data-factory/difficulty/connectives.ts'
import { featureIndex, featureNames, features } from '../../../../core/data-factory/difficulty/features.ts'
import { chineseStopWords, englishStopWords } from '../../../../core/data-factory/difficulty/stop-words.ts'
import { renderRow, words } from '../../../../core/text/row-text.ts'
import type { Row } from '../../../../schemas/rows.ts'

function named(row: Row, tokens = 0) {
  const values = features(row, tokens)
  return Object.fromEntries(featureNames.map((name) => [name, values[featureIndex[name]] as number]))
}

const han = /[\p{Script=Han}]/u
const stops = new Set([...englishStopWords, ...chineseStopWords])

function connShare(text: string): number {
  const all = words(text)
  let found = 0
  for (let i = 0; i < all.length; i++) {
    const word = all[i] as string
    if (englishConnectives.includes(word)) found += 1
    else if (han.test(word) && text.includes(word + all[i + 1]) && chineseConnectives.includes(word + all[i + 1])) {
      found += 1
      i += 1
    }
  }
  return all.length === 0 ? 0 : Math.fround(found / all.length)
}

function overlap(question: string, context: string): number {
  const clues = new Set(words(question).filter((word) => !stops.has(word)))
  const held = new Set(words(context))
  return clues.size === 0 ? 0 : Math.fround([...clues].filter((word) => held.has(word)).length / clues.size)
}

const piece = fc.constantFrom(
  ...[
    'because',
    'Then',
    'if',
    'the',
    'of',
    'cat',
    'dog',
    'Bob',
    '3',
    '+4',
    ' ',
    ' ',
    '\n',
    '. ',
    '因为',
    '所以',
    '猫',
    '的',
    '因',
    'é',
  ],
)
const text = fc.array(piece, { minLength: 1, maxLength: 50 }).map((all) => all.join(''))

describe('features', () => {
  it('describes a question, its rationale and its answer', () => {
    const row = {
      prompt: 'Weng earns $12 an hour. How much did Weng Li earn for 50 minutes?',
      rationale: 'Weng earns 12/60 = $<<12/60=0.2>>0.2 per minute, because an hour has 60. Therefore 0.2 x 50 = 10.',
      answer: '10',
    }
    const measured = named(row, 40)
    expect(measured).toMatchObject({ len: 40, turns: 1, hops: 0, ents: 1, ops: 3 })
    expect(measured.conn).toBe(connShare(renderRow(row)))
    expect(measured.clue_overlap).toBe(overlap(row.prompt, row.rationale.replace('<<12/60=0.2>>', '')))
  })

  it('compares the question with the evidence where there is some, and does not count evidence that the question quotes', () => {
    const evidence = 'The red fox lives in Norway.'
    const row = { prompt: 'Where lives the blue fox?', answer: 'blue nowhere', evidence }
    expect(named(row).clue_overlap).toBe(Math.fround(2 / 3))
    expect(named({ ...row, prompt: `${evidence}\n${row.prompt}` }).clue_overlap).toBe(Math.fround(2 / 3))
  })

  it('takes the chosen reply of a pair, and the last message of a conversation', () => {
    const asked = 'Compare apples, pears'
    expect(named({ prompt: asked, chosen: 'apples 1+1', rejected: 'pears 2+2 3+3' })).toMatchObject({
      ops: 1,
      clue_overlap: Math.fround(1 / 3),
    })
    const messages = [
      { role: 'system' as const, content: 'apples pears' },
      { role: 'user' as const, content: asked },
      { role: 'assistant' as const, content: 'compare 5+5' },
      { role: 'user' as const, content: 'plums?' },
      { role: 'assistant' as const, content: 'plums 1+2' },
    ]
    expect(named({ messages })).toMatchObject({ turns: 2, ops: 1, clue_overlap: Math.fround(1 / 4) })
  })

  it('counts a turn for each user message and a hop for each tool call', () => {
    const call = { type: 'function' as const, function: { name: 'wiki', arguments: '{}' } }
    const messages = [
      { role: 'user' as const, content: 'a' },
      { role: 'assistant' as const, content: '', tool_calls: [call, call] },
      { role: 'tool' as const, content: 'b' },
      { role: 'assistant' as const, content: 'c', tool_calls: [call] },
      { role: 'tool' as const, content: 'd' },
      { role: 'assistant' as const, content: 'e' },
    ]
    expect(named({ messages })).toMatchObject({ turns: 1, hops: 3 })
    expect(named({ prompt: messages, answer: 'f' })).toMatchObject({ turns: 1, hops: 3 })
  })

  it('is zero where there is nothing to measure', () => {
    expect(named({ prompt: 'the of', completion: '...' })).toMatchObject({ ents: 0, ops: 0, conn: 0, clue_overlap: 0 })
  })

  it('agrees with plain sets of words, in English and Chinese', () => {
    fc.assert(
      fc.property(text, text, (prompt, completion) => {
        const measured = named({ prompt, completion })
        expect(measured.clue_overlap).toBe(overlap(prompt, completion))
        expect(measured.conn).toBe(connShare(`${prompt}\n${completion}`))
      }),
      { numRuns: 1000 },
    )
  })

  it('gives values that a column of 32-bit floats holds exactly', () => {
    fc.assert(
      fc.property(text, text, (prompt, completion) => {
        const values = features({ prompt, completion }, 1234)
        expect(Float64Array.from(Float32Array.from(values))).toEqual(values)
      }),
    )
  })
})
