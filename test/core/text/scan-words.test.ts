import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { words } from '../../../core/text/row-text.ts'
import { createScanner, hashWord } from '../../../core/text/scan-words.ts'

const scanner = createScanner()
const mask = (word: string) => word.replace(/\p{Nd}+/gu, '0')

function scanned(text: string): { hash: number; masked: number; word: string }[] {
  const { count, hashes, masked, starts, ends } = scanner.scan(text)
  return Array.from({ length: count }, (_, at) => ({
    hash: hashes[at]!,
    masked: masked[at]!,
    word: text.slice(starts[at], ends[at]),
  }))
}

/** What a scan must find, by the definition. */
function defined(text: string): string {
  return words(text)
    .map((word) => `${hashWord(word)}/${hashWord(mask(word))}`)
    .join(' ')
}

function hashesOf(text: string): string {
  const { count, hashes, masked } = scanner.scan(text)
  return Array.from({ length: count }, (_, at) => `${hashes[at]}/${masked[at]}`).join(' ')
}

// Code units that lower-case, mask or split in a way of their own, lone surrogates among them.
const awkward = fc.constantFrom(
  ...[
    'İ',
    'Σ',
    'ΑΣ',
    'ς',
    "'",
    '́',
    '̇',
    'ß',
    'ẞ',
    'K',
    'Ω',
    '中',
    '々',
    '〇',
    'ひ',
    'カ',
    'ー',
    '㍿',
    '１',
    '٣',
    '²',
    '½',
  ],
  ...['𐐀', '𝟘', '𠀀', '🙂', '\ud800', '\udc00', 'é', 'É', 'ﬁ', 'ǅ', '한', ' ', '-', '0', '19', 'a', 'Z', 'x7', '_'],
)
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: awkward, maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'aB3 é中İ.'), maxLength: 60 }),
)

describe('the word scan', () => {
  it('finds the words of words(), in any text', () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(hashesOf(given)).toBe(defined(given))
      }),
      { numRuns: 5_000, seed: 1 },
    )
  })

  it('says where each word lies in the text as it was given', () => {
    fc.assert(
      fc.property(text, (given) => {
        const found = scanned(given)
        // A sigma and the dotted I lower-case by what stands around them, so those words are compared without.
        const plain = found.filter(({ word }) => !/[Σİ]/.test(word))
        expect(plain.map(({ word }) => hashWord(word.toLowerCase()))).toEqual(plain.map(({ hash }) => hash))
      }),
      { numRuns: 2_000, seed: 2 },
    )
    expect(scanned('  Go İstanbul, ΑΣ 中文!').map(({ word }) => word)).toEqual(['Go', 'İ', 'stanbul', 'ΑΣ', '中', '文'])
  })

  it('knows every character', () => {
    for (let first = 0; first <= 0x10ffff; first += 4_096) {
      const given = Array.from({ length: 4_096 }, (_, n) => `a${String.fromCodePoint(first + n)}1`).join(' ')
      expect(hashesOf(given)).toBe(defined(given))
    }
  })

  it('masks each run of decimal digits, and no other number', () => {
    const masked = (given: string) => scanned(given).map((each) => each.masked)
    expect(masked('a12b3 2024 x²')).toEqual(masked('a7b99 8 x²'))
    expect(masked('x²')).not.toEqual(masked('x³'))
    expect(masked('٣٤ apples')).toEqual([hashWord('0'), hashWord('apples')])
    expect(scanned('12')[0]!.hash).toBe(hashWord('12'))
    expect(masked('a1b2')).not.toEqual(masked('a1b'))
  })

  it('keeps nothing of the text before, and grows for long texts', () => {
    const long = 'one two3 '.repeat(5_000)
    expect(hashesOf(long)).toBe(defined(long))
    expect(hashesOf('é '.repeat(3_000) + long)).toBe(defined('é '.repeat(3_000) + long))
    expect(scanner.scan('').count).toBe(0)
    expect(hashesOf('three')).toBe(defined('three'))
  })

  it('spreads the hashes of similar words over all 32 bits', () => {
    const hashes = Array.from({ length: 4_096 }, (_, n) => hashWord(`word${n}`))
    expect(new Set(hashes).size).toBe(4_096)
    for (let bit = 0; bit < 32; bit++) {
      const ones = hashes.filter((hash) => (hash >>> bit) & 1).length
      expect(ones, `bit ${bit}`).toBeGreaterThan(1_850)
      expect(ones, `bit ${bit}`).toBeLessThan(2_246)
    }
  })
})
