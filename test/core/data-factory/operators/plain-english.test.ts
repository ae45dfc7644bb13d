import { describe, expect, it } from 'vitest'
import { createLanguageDetector } from '../../../../core/data-factory/operators/detect-language.ts'
import { isPlainEnglish } from '../../../../core/data-factory/operators/plain-english.ts'

/** Sentences that share letters, and some of them words, with English. */
const others = {
  nl: 'De man was in de tuin en had een hand op het boek, maar de bus was al weg toen hij over de weg liep met zijn hond.',
  de: 'Der Mann war am Abend in der Stadt, aber die Hand war kalt und das Wetter warm genug fuer einen Gang im Park.',
  da: 'Han var i byen for at se en film, men den var ikke god, og der er et par ting som han har at give dig for den.',
  fr: 'Le plan des parents est de prendre le train de nuit pour la capitale, mais le client a change la date du voyage.',
  es: 'El plan de la familia es viajar a la capital en el tren de la noche, pero el cliente no ha hecho la reserva.',
  it: 'Il piano era di andare in centro con la famiglia per vedere la mostra, ma il treno non era in orario.',
  id: 'Dia pergi ke pasar untuk membeli beras dan ikan, lalu pulang ke rumah dengan bus yang sangat penuh dan panas.',
  sw: 'Mtoto alikwenda sokoni kununua mchele na samaki, kisha akarudi nyumbani kwa basi lililojaa watu wengi sana.',
  ro: 'El a fost in oras cu un prieten si a cumparat o carte pentru mama lui, care are un magazin in centru.',
}

describe('what is English beyond doubt', () => {
  it('is told from the words that only English has', async () => {
    const detect = await createLanguageDetector()
    const text =
      'Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many did they have when each of them was counted?'
    expect(isPlainEnglish(text)).toBe(true)
    expect(detect(text)).toEqual({ code: 'en', reliable: true })
  })

  it.each(Object.entries(others))('is never %s', (_, text) => {
    expect(isPlainEnglish(text)).toBe(false)
  })

  it('is left open for a few English words, for short texts, and for anything beyond ASCII', () => {
    expect(isPlainEnglish('the cat and that dog')).toBe(false)
    expect(isPlainEnglish('')).toBe(false)
    expect(isPlainEnglish('the and that with this which')).toBe(true)
    expect(isPlainEnglish('the and that with this which café')).toBe(false)
    expect(isPlainEnglish(`the and that with this ${'palabra '.repeat(60)}`)).toBe(false)
  })
})
