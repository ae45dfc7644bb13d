import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTermMatcher } from '../../../../core/data-factory/operators/term-matcher.ts'
import { createToxicity } from '../../../../core/data-factory/operators/toxicity.ts'
import { Toxicity } from '../../../../schemas/operators.ts'
import type { Row } from '../../../../schemas/rows.ts'

const find = createTermMatcher(['Damn', 'go away', 'go away now', 'f*ck', '笨蛋', 'straße', 'élan', 'कर'])

describe('matching terms', () => {
  it.each([
    ['well, DAMN!', 'Damn'],
    ['please go\n  AWAY', 'go away'],
    ['what the f*ck', 'f*ck'],
    ['你这个笨蛋。', '笨蛋'],
    ['STRASSE and Straße', 'straße'],
    ['plein d’Élan', 'élan'],
    ['काम कर दो', 'कर'],
  ])('%j holds %j', (text, term) => expect(find(text)).toBe(term))

  it.each([
    'damned',
    'goddamn',
    'go, away',
    'go-away',
    'goaway',
    'f ck',
    'fck',
    '笨 的蛋',
    'élans',
    'करा',
    '',
    'dam n',
  ])('%j holds none', (text) => expect(find(text)).toBeUndefined())

  it('finds every planted term among thousands, and none elsewhere', () => {
    const terms = Array.from({ length: 10_000 }, (_, i) => (i % 3 ? `bad${i}` : `bad${i} word ${i}`))
    const match = createTermMatcher(terms)
    const filler = fc.array(fc.constantFrom('word', 'bad', 'good', '你好', '7', 'bad10001'), { maxLength: 20 })
    fc.assert(
      fc.property(filler, fc.constantFrom(...terms), filler, (before, term, after) => {
        expect(match([...before, ...after].join(' '))).toBeUndefined()
        expect(match([...before, '-', term.toUpperCase(), '.', ...after].join(' '))).toBe(term)
      }),
      { seed: 2, numRuns: 1000 },
    )
  })
})

describe('terms in rows', () => {
  const apply = (row: Row, action: 'drop' | 'warn' = 'drop') =>
    createToxicity(Toxicity.parse({ terms: ['damn'], action })).apply(row)

  it('drops or notes a row with a term in any text', () => {
    const row = { prompt: 'p', chosen: 'c', rejected: 'Damn.' }
    expect(apply(row)).toEqual({ dropped: 'toxic_term', detail: 'term "damn"' })
    expect(apply(row, 'warn')).toEqual({ kept: row, noted: 'toxic_term', detail: 'term "damn"' })
    const call = { type: 'function' as const, function: { name: 'say', arguments: '{"text":"damn"}' } }
    expect(apply({ prompt: [{ role: 'assistant', content: '', tool_calls: [call] }], completion: 'x' })).toHaveProperty(
      'dropped',
    )
    expect(apply({ prompt: 'p', answer: 'x', evidence: 'damn' })).toHaveProperty('dropped')
  })

  it('hands the same object on otherwise', () => {
    const row = { prompt: 'p', completion: 'c' }
    expect((apply(row) as { kept: unknown }).kept).toBe(row)
  })

  it('needs a word in every term', () => {
    expect(Toxicity.safeParse({ terms: [' '] }).success).toBe(false)
  })
})
