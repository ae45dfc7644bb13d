import { hashWord, type WordScan } from '../../text/scan-words.ts'
import type { HashSet } from './hash-set.ts'

/** A point after one of these ends no sentence. */
const titles = new Set(['mr', 'mrs', 'ms', 'dr', 'st', 'prof', 'jr', 'sr', 'vs', 'no'])
const closers: Readonly<Record<string, string>> = { '《': '》', '〈': '〉', '「': '」', '『': '』', '“': '”' }
const longestQuote = 40
const upper = /\p{Lu}/u
const capitalI = 0x49

/**
 * Adds the entities of a scanned text: spans of capitalised words that do not begin a sentence, capitalised names with a digit
 * anywhere, and what stands in Chinese quotes or title marks. Case is ignored when two are compared.
 */
export function collectEntities(text: string, words: WordScan, found: HashSet): void {
  const { count, starts, ends, hashes } = words
  let span = 0
  let before = 0
  for (let i = 0; i < count; i++) {
    const start = starts[i]!
    const end = ends[i]!
    const gap = i === 0 ? gapKind.ends : kindOfGap(text, before, start, i > 0 ? starts[i - 1]! : 0, found)
    const capital = isCapitalised(text, start, end)
    const named = capital && hasDigit(text, start, end)

    if (span !== 0 && !(capital && gap === gapKind.joins)) {
      found.add(span)
      span = 0
    }
    if (named || (capital && gap !== gapKind.ends)) span = (Math.imul(span, 31) + hashes[i]!) >>> 0 || 1
    before = end
  }
  if (span !== 0) found.add(span)
  if (count > 0) kindOfGap(text, before, text.length, before, found)
}

const gapKind = { joins: 0, parts: 1, ends: 2 } as const

/** Whether two words may be one name, are apart, or stand on two sides of a sentence's beginning. Notes quoted spans on the way. */
function kindOfGap(text: string, from: number, to: number, wordBefore: number, found: HashSet): number {
  if (to - from === 1) {
    const code = text.charCodeAt(from)
    if (code === 0x20 || code === 0x2d || code === 0x27 || code === 0x2019) return gapKind.joins
  }
  let kind: number = to === from ? gapKind.joins : gapKind.parts
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    if (code > 127) noteQuote(text, at, found)
    if (endsSentence(code)) {
      const inName = code === 0x2e && at === from && isAbbreviation(text, wordBefore, from)
      kind = inName ? gapKind.joins : gapKind.ends
    }
  }
  return kind
}

/** `. ! ? : " newline`, and their Chinese and typographic fellows. */
function endsSentence(code: number): boolean {
  if (code < 0x80)
    return code === 0x2e || code === 0x21 || code === 0x3f || code === 0x3a || code === 0x22 || code === 0x0a
  return code === 0x3002 || code === 0xff01 || code === 0xff1f || code === 0xff1a || code === 0x201c || code === 0x2026
}

function isAbbreviation(text: string, start: number, end: number): boolean {
  if (end - start === 1) return isCapitalised(text, start, end) || text.charCodeAt(start) === capitalI
  return end - start <= 4 && titles.has(text.slice(start, end).toLowerCase())
}

function isCapitalised(text: string, start: number, end: number): boolean {
  const code = text.charCodeAt(start)
  if (code < 128) return code >= 0x41 && code <= 0x5a && !(code === capitalI && end - start === 1)
  return code < 0x2e80 && upper.test(text.charAt(start))
}

function hasDigit(text: string, start: number, end: number): boolean {
  for (let at = start + 1; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0x30 && code <= 0x39) return true
  }
  return false
}

function noteQuote(text: string, at: number, found: HashSet): void {
  const closer = closers[text.charAt(at)]
  if (closer === undefined) return
  const end = text.slice(at + 1, at + 2 + longestQuote).indexOf(closer)
  // A typographic quotation mark is Chinese where a Chinese character follows.
  if (end < 1 || (closer === '”' && text.charCodeAt(at + 1) < 0x2e80)) return
  found.add(hashWord(text.slice(at + 1, at + 1 + end).toLowerCase()))
}
