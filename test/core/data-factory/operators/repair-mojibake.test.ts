import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repairMojibake } from '../../../../core/data-factory/operators/repair-mojibake.ts'
import { sampleTexts } from './sample-texts.ts'

const readAs = {
  windows1252: (text: string) => new TextDecoder('windows-1252').decode(new TextEncoder().encode(text)),
  latin1: (text: string) => Buffer.from(text).toString('latin1'),
}
const samples = Object.entries(sampleTexts)

describe('repairing mojibake', () => {
  it.each([
    ['cafÃ© au lait', 'café au lait'],
    ['donâ€™t', 'don’t'],
    ['Ð¿Ñ€Ð¸Ð²ÐµÑ‚', 'привет'],
    ['25Â°C', '25°C'],
    ['ä½\xa0å¥½', '你好'],
    ['itÃ¢â‚¬â„¢s', 'itâ€™s'],
    ['ðŸ˜€', '😀'],
  ])('reads %j once more as UTF-8', (broken, repaired) => {
    expect(repairMojibake(broken)).toBe(repaired)
  })

  it('leaves correct text alone, whatever its language, case and length', () => {
    for (const [, text] of samples)
      for (const variant of [text, text.toUpperCase(), text.toLowerCase(), ...text.split(' ')])
        expect(repairMojibake(variant)).toBe(variant)
  })

  it.each([
    [
      '„groß“',
      'WÖ“',
      'BLÅ…',
      'IRMÃ”',
      '«CAFÉ»',
      'CAFÉ©',
      'le café…”',
      'É’S',
      '3×½ m',
      'déjà »',
      'Úžasný',
      'ÍŽ',
      'Ñ– A',
    ],
  ])('takes an accent before a mark for what it is', (...texts) => {
    expect(texts.filter((text) => repairMojibake(text) !== text)).toEqual([])
  })

  it.each(Object.entries(readAs))('brings every sample read as %s back, once and twice over', (_, misread) => {
    for (const [, text] of samples) {
      expect(repairMojibake(misread(text))).toBe(text)
      expect(repairMojibake(repairMojibake(misread(misread(text))))).toBe(text)
    }
  })

  it('brings 99 of 100 passages of any mixture of words back', () => {
    const wordsOf = samples.map(([, text]) => text.split(' '))
    const passage = fc
      .constantFrom(...wordsOf)
      .chain((words) => fc.array(fc.constantFrom(...words), { minLength: 4, maxLength: 12 }))
    let [total, back] = [0, 0]
    fc.assert(
      fc.property(passage, fc.constantFrom(...Object.values(readAs)), (words, misread) => {
        const text = words.join(' ')
        total += 1
        if (repairMojibake(misread(text)) === text) back += 1
      }),
      { seed: 7, numRuns: 2000 },
    )
    expect(back / total).toBeGreaterThanOrEqual(0.99)
  })

  it('repairs what is broken beside what is not', () => {
    expect(repairMojibake('Le café donâ€™t, Ñ‚ÐµÐºÑ�Ñ‚'.replace('\ufffd', '\x81'))).toContain('Le café don’t')
    expect(repairMojibake('donâ€™t, „groß“')).toBe('don’t, „groß“')
    expect(repairMojibake('中文 and donâ€™t')).toBe('中文 and don’t')
  })

  it('never makes anything but a shorter text, and never a broken one', () => {
    const noisy = fc.string({ unit: fc.constantFrom(...'aé Ãâ€™“”Ð¿Ñ€×½ß\xa0\x81ðŸ˜') })
    fc.assert(
      fc.property(noisy, (text) => {
        const repaired = repairMojibake(text)
        expect(repaired.isWellFormed()).toBe(true)
        expect(repaired === text || repaired.length < text.length).toBe(true)
      }),
      { seed: 8, numRuns: 3000 },
    )
  })
})
