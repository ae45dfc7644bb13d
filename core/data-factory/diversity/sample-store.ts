import { seededHash } from '../select/seeded-order.ts'
import type { TrigramSource } from './slice-divergences.ts'
import { countTrigrams, type Symbols } from './trigram-counts.ts'

/** Kept samples of one task: 4 bytes a word, and the text at one byte a character, two in a sample that is not all Latin-1. */
export interface SampleStore extends TrigramSource {
  offered: number
  add(words: Uint32Array, symbols: Symbols, codes: readonly number[]): void
  /** Word hashes of the kept samples in their seeded random order: views, valid until the next `add`. */
  shuffledWords(): Generator<Uint32Array>
  codes(lane: number): Int32Array
}

interface Kept {
  rank: number
  codes: readonly number[]
  /** Places in `words` and, in bytes, in `text`. */
  word: number
  wordCount: number
  text: number
  textLength: number
  narrow: boolean
}

/**
 * Keeps every sample while they hold at most `maxWords` words, a word being eight characters at most; beyond, a uniform sample that
 * the seed and the order of samples decide: those whose random rank lies below a bar, which halves each time.
 */
export function createSampleStore(seed: number, maxWords: number): SampleStore {
  let kept: Kept[] = []
  let bar = 2 ** 53
  let offered = 0
  let words = new Uint32Array(1 << 12)
  let usedWords = 0
  let text = new Uint8Array(1 << 14)
  let wide = new Uint16Array(text.buffer)
  let usedText = 0

  function append(own: Uint32Array, symbols: Symbols): Omit<Kept, 'rank' | 'codes'> {
    const { length, narrow } = symbols
    reserve(own.length, narrow ? length + 1 : 2 * length)
    const place = { word: usedWords, wordCount: own.length, text: usedText, textLength: length, narrow }
    words.set(own, usedWords)
    const units = symbols.units.subarray(0, length)
    if (narrow) text.set(units, usedText)
    else wide.set(units, usedText / 2)
    usedWords += own.length
    // Always even, so that two-byte units can follow.
    usedText += narrow ? length + (length & 1) : 2 * length
    return place
  }

  function reserve(moreWords: number, moreText: number): void {
    if (usedWords + moreWords > words.length)
      words = new Uint32Array(words.buffer.transfer(4 * grown(usedWords + moreWords)))
    if (usedText + moreText <= text.length) return
    text = new Uint8Array(text.buffer.transfer(grown(usedText + moreText)))
    wide = new Uint16Array(text.buffer)
  }

  function thin(): void {
    const least = kept.reduce((rank, each) => Math.min(rank, each.rank), bar)
    bar = Math.max(bar / 2, least + 1)
    kept = kept.filter(({ rank }) => rank < bar)
    usedWords = 0
    usedText = 0
    for (const each of kept) {
      const bytes = each.narrow ? each.textLength + (each.textLength & 1) : 2 * each.textLength
      words.copyWithin(usedWords, each.word, each.word + each.wordCount)
      text.copyWithin(usedText, each.text, each.text + bytes)
      each.word = usedWords
      each.text = usedText
      usedWords += each.wordCount
      usedText += bytes
    }
  }

  return {
    get count() {
      return kept.length
    },
    get offered() {
      return offered
    },
    add(own, symbols, codes) {
      const rank = seededHash(seed, offered)
      offered++
      if (rank >= bar) return
      kept.push({ rank, codes, ...append(own, symbols) })
      while (Math.max(usedWords, usedText / 8) > maxWords && kept.length > 1) thin()
    },
    addTo(counts, sample) {
      const { narrow, text: from, textLength } = kept[sample]!
      if (narrow) countTrigrams(text, from, from + textLength, counts)
      else countTrigrams(wide, from / 2, from / 2 + textLength, counts)
    },
    *shuffledWords() {
      for (const { word, wordCount } of kept.toSorted((a, b) => a.rank - b.rank))
        yield words.subarray(word, word + wordCount)
    },
    codes: (lane) => Int32Array.from(kept, ({ codes }) => codes[lane]!),
  }
}

/** Half as much again, even: `wide` needs whole units. */
function grown(needed: number): number {
  return 2 * Math.ceil(needed * 0.75)
}
