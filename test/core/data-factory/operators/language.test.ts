import { beforeAll, describe, expect, it } from 'vitest'
import {
  createLanguageDetector,
  type DetectLanguage,
  prose,
} from '../../../../core/data-factory/operators/detect-language.ts'
import { createLanguage, rowLanguage } from '../../../../core/data-factory/operators/language.ts'
import type { RowOperator } from '../../../../core/data-factory/operators/row-operator.ts'
import { detectableLanguages, Language } from '../../../../schemas/operators.ts'
import { sampleTexts } from './sample-texts.ts'

let detect: DetectLanguage
let english: RowOperator
beforeAll(async () => {
  detect = await createLanguageDetector()
  english = await createLanguage(Language.parse({ allow: ['en'] }))
})

const french = 'Le petit chat est assis sur le tapis et regarde par la fenêtre pendant la pluie'
const plain = 'The quick brown fox jumps over the lazy dog near the river bank in the evening'

describe('detecting languages', () => {
  it('tells the samples apart', () => {
    const spoken = Object.entries(sampleTexts).filter(([code]) => code.length === 2)
    expect(spoken.length).toBeGreaterThan(20)
    for (const [code, text] of spoken) expect([code, detect(prose(text)).code]).toEqual([code, code])
  })

  it('knows the same languages as the schema', async () => {
    const { eld } = await import('eld/small')
    expect(Object.values(eld.info().Languages).sort()).toEqual([...detectableLanguages].sort())
  })

  it('says that it cannot tell', () => {
    expect(detect('')).toEqual({ code: null, reliable: false })
    expect(detect('12 34').reliable).toBe(false)
  })

  it('reads prose, not code, formulas and links', () => {
    const text =
      'Une phrase. ```py\nfor the in of: and\n``` $x = \\text{the}$ \\[ the \\] https://the.of/and `the of` et 12 fin'
    expect(prose(text)).not.toMatch(/the|of|and|\d/)
    expect(prose(text)).toMatch(/Une phrase\..*et +fin/)
    expect(prose('a'.repeat(9000)).length).toBe(200)
  })
})

describe('allowing languages', () => {
  it('drops a reliably other language and names it', () => {
    const row = { prompt: plain, completion: french }
    expect(english.apply(row)).toEqual({ dropped: 'language_fr', detail: 'allowed: en' })
  })

  it('looks at the answer, and at the question where the answer is too short', () => {
    const row = { prompt: french, completion: plain }
    expect(english.apply(row)).toEqual({ kept: row })
    expect(english.apply({ prompt: french, completion: '42' })).toMatchObject({ dropped: 'language_fr' })
    expect(rowLanguage({ prompt: french, completion: '42' }, detect, 20).code).toBe('fr')
  })

  it('never drops short texts, code or what is unreliable', () => {
    for (const row of [
      { prompt: 'Salut', completion: 'Ça va ?' },
      { prompt: 'x', completion: 'hest hund kat fisk bord stol vindu' },
      { prompt: '1 + 1', completion: '$$\\frac{1}{2}$$ 12345 67890 12345 67890' },
      { prompt: 'x', completion: `\`\`\`js\n// ${french}\n\`\`\`` },
    ])
      expect(english.apply(row)).toEqual({ kept: row, noted: 'language_unknown' })
  })

  it('keeps rows of every allowed language', async () => {
    const both = await createLanguage(Language.parse({ allow: ['zh', 'fr'], min_characters: 5 }))
    const row = { prompt: 'x', completion: sampleTexts.zh! }
    expect(both.apply(row)).toEqual({ kept: row })
    expect(both.apply({ prompt: 'x', completion: plain })).toMatchObject({ dropped: 'language_en' })
  })
})
