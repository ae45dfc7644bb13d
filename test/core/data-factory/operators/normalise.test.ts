import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createNormalise } from '../../../../core/data-factory/operators/normalise.ts'
import { normaliseText } from '../../../../core/data-factory/operators/normalise-text.ts'
import { Normalise } from '../../../../schemas/operators.ts'
import { humanEval, realDataIsHere } from './real-data.ts'
import { sampleTexts } from './sample-texts.ts'

const defaults = Normalise.parse({})
const off = { unicode: 'none', mojibake: false, control_characters: false, whitespace: false } as const

describe('normalising a text', () => {
  it.each([
    ['line ends', 'a\r\nb\rc\u2028d', 'a\nb\nc\nd'],
    ['blanks at line ends', 'a  \nb\t\n', 'a\nb'],
    ['more than one empty line', 'a\n\n\n\nb', 'a\n\nb'],
    ['empty lines of blanks', 'a\n \n\t\n  \nb', 'a\n\nb'],
    ['blanks around', '\n  a b \n\n', 'a b'],
    ['control characters', 'a\0b\x07c\x9b', 'abc'],
    ['invisible characters', 'a\u200bb\ufeffc\u202edef\u2066g\u00ad', 'abcdefg'],
    ['hidden tags', 'ok\u{e0041}\u{e0042}', 'ok'],
    ['decomposed accents', 'cafe\u0301', 'café'],
    ['mojibake', 'donâ€™t', 'don’t'],
    ['mojibake of Latin-1, whose control characters hold the text', 'donâ\x80\x99t', 'don’t'],
    ['lone surrogates', 'a\ud83d b', 'a\ufffd b'],
    ['inner blanks stay', 'a  b\tc', 'a  b\tc'],
    ['indentation of code stays', '\n    return x + y\n', '    return x + y'],
    ['indentation of prose goes', '    Once upon a time', 'Once upon a time'],
  ])('%s', (_, before, after) => {
    expect(normaliseText(before, defaults)).toBe(after)
  })

  it('keeps joiners in emoji, Persian and Hindi, and takes them out between other letters', () => {
    for (const text of ['👩‍💻', 'می‌کند', 'क्‍ष', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'])
      expect(normaliseText(text, defaults)).toBe(text)
    expect(normaliseText('in\u200dvis\u200cible', defaults)).toBe('invisible')
  })

  it('does what is switched on and nothing else', () => {
    const text = ' cafe\u0301\u200b donâ€™t  \n\n\n\nﬁne '
    expect(normaliseText(text, off)).toBe(text)
    expect(normaliseText(text, { ...off, unicode: 'NFC' })).toBe(' café\u200b donâ€™t  \n\n\n\nﬁne ')
    expect(normaliseText(text, { ...off, unicode: 'NFKC' })).toContain('fine')
    expect(normaliseText(text, { ...off, mojibake: true })).toContain('don’t')
    expect(normaliseText(text, { ...off, control_characters: true })).not.toContain('\u200b')
    expect(normaliseText(text, { ...off, whitespace: true })).toBe('cafe\u0301\u200b donâ€™t\n\nﬁne')
  })

  it('leaves correct texts of many languages as they are', () => {
    for (const text of Object.values(sampleTexts)) expect(normaliseText(text, defaults)).toBe(text.normalize('NFC'))
  })

  it('is the same text twice over', () => {
    const pieces = [
      ...'ab é\n\r\t Ãâ€™©Ð¿\0\x80\x99',
      '\u0301',
      '\u200b',
      '\u200d',
      '\ud83d',
      '\ude00',
      '\u{e0041}',
      '\ufeff',
      'ﬁ',
      '\u3000',
    ]
    const config = fc.record({
      unicode: fc.constantFrom('NFC' as const, 'NFKC' as const, 'none' as const),
      mojibake: fc.boolean(),
      control_characters: fc.boolean(),
      whitespace: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...pieces), maxLength: 40 }), config, (text, options) => {
        const once = normaliseText(text, options)
        expect(normaliseText(once, options)).toBe(once)
      }),
      { seed: 3, numRuns: 20_000 },
    )
  })
})

describe('normalising a row', () => {
  const { apply } = createNormalise(defaults)

  it('hands the same object on when nothing changes', () => {
    const row = { prompt: 'What is 2 + 2?', completion: 'It is 4.' }
    expect(apply(row)).toEqual({ kept: row })
    expect((apply(row) as { kept: unknown }).kept).toBe(row)
  })

  it('changes every text and leaves labels, meta and arguments of tool calls', () => {
    const call = { type: 'function' as const, function: { name: 'f', arguments: '{"a":  "x\\u200by "}' } }
    const row = {
      id: ' 1 ',
      meta: { note: ' kept ' },
      evidence: ' e ',
      messages: [
        { role: 'user' as const, content: ' q ' },
        { role: 'assistant' as const, content: '', tool_calls: [call] },
      ],
    }
    expect(apply(row)).toEqual({
      kept: { ...row, evidence: 'e', messages: [{ role: 'user', content: 'q' }, row.messages[1]] },
      changed: 'normalised',
    })
    const answer = { prompt: ' p', answer: 'a ', rationale: ' r' }
    expect(apply(answer)).toMatchObject({ kept: { prompt: 'p', answer: 'a', rationale: 'r' } })
    const pair = { prompt: [{ role: 'user' as const, content: 'p ' }], chosen: 'c ', rejected: 'r ' }
    expect(apply(pair)).toMatchObject({ kept: { prompt: [{ content: 'p' }], chosen: 'c', rejected: 'r' } })
  })

  it('drops a row of which nothing is left, and names the field', () => {
    expect(apply({ prompt: 'x', completion: ' \u200b\n' })).toMatchObject({
      dropped: 'empty_text',
      detail: expect.stringContaining('completion'),
    })
    expect(apply({ prompt: 'x', answer: 'y', rationale: '  ' })).toMatchObject({ kept: { rationale: '' } })
  })
})

describe.skipIf(!realDataIsHere)('HumanEval (needs ../shared/data)', () => {
  it('keeps the indentation of every solution', () => {
    for (const { canonical_solution } of humanEval()) {
      const first = canonical_solution.split('\n').find((line) => line.trim() !== '') ?? ''
      expect(normaliseText(canonical_solution, defaults).split('\n')[0]).toBe(first.trimEnd())
    }
  })
})
