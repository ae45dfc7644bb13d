import { describe, expect, it } from 'vitest'
import { renderQuestion, renderRow, words } from '../../../core/text/row-text.ts'

describe('words', () => {
  it.each([
    ["Natalia's 48 CLIPS!", ['natalia', 's', '48', 'clips']],
    ['漢字かなカナabc12', ['漢', '字', 'か', 'な', 'カ', 'ナ', 'abc12']],
    ['Größe_über-9,5', ['größe', 'über', '9', '5']],
    ['... ?!', []],
  ])('of %j', (text, expected) => {
    expect(words(text)).toEqual(expected)
  })
})

const chat = [
  { role: 'system' as const, content: 'be brief' },
  { role: 'user' as const, content: '2+2?' },
]

describe('the text of a row', () => {
  it.each([
    [{ prompt: 'q', completion: 'c' }, 'q\nc', 'q'],
    [{ prompt: chat, completion: 'c' }, 'be brief\n2+2?\nc', 'be brief\n2+2?'],
    [{ messages: [...chat, { role: 'assistant' as const, content: '4' }] }, 'be brief\n2+2?\n4', 'be brief\n2+2?'],
    [{ prompt: 'q', chosen: 'a', rejected: 'b' }, 'q\na\nb', 'q'],
    [{ prompt: 'q', answer: '7' }, 'q\n7', 'q'],
  ])('holds every message; the question leaves the answer out: %#', (row, whole, question) => {
    expect(renderRow(row)).toBe(whole)
    expect(renderQuestion(row)).toBe(question)
  })

  it('leaves calculator annotations out', () => {
    expect(renderRow({ prompt: 'q', answer: '48/2 = <<48/2=24>>24 and <<1+1=2>>2' })).toBe('q\n48/2 = 24 and 2')
  })
})
