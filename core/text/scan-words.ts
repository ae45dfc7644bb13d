import { characterClass, planeTable } from './character-classes.ts'

const { separator, digit, single, surrogate } = characterClass
/** FNV-1a over UTF-16 code units of the lower-case word, then the finaliser of MurmurHash3. */
const seed = 0x811c9dc5
const prime = 0x01000193
const zero = 0x30
const dottedCapitalI = 0x130
const capitalSigma = 0x3a3

/** The words of one text, in order: valid until the next scan of the same scanner. Offsets are UTF-16 code units. */
export interface WordScan {
  count: number
  /** `hashWord` of each word. */
  hashes: Uint32Array
  /** `hashWord` of each word with every run of decimal digits (`\p{Nd}+`) as one `0`. */
  masked: Uint32Array
  starts: Uint32Array
  /** Exclusive. */
  ends: Uint32Array
}

/** Hash of a word that is in lower case already, 0..2^32-1. */
export function hashWord(word: string): number {
  let hash = seed
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), prime)
  return finish(hash)
}

/** Finds exactly the words of `words()` of row-text.ts, as hashes, without making a string. */
export function createScanner(): { scan(text: string): WordScan } {
  const found: WordScan = { count: 0, ...arraysOf(1024) }
  return {
    scan(text) {
      found.count = 0
      const stopped = scanAscii(text, found)
      if (stopped < text.length) scanAny(text, stopped, found)
      return found
    },
  }
}

/** 0 separates words; else the code in lower case, digits as themselves. */
const asciiLower = Uint8Array.from({ length: 128 }, (_, code) =>
  /[a-z0-9]/i.test(String.fromCharCode(code)) ? String.fromCharCode(code).toLowerCase().charCodeAt(0) : 0,
)

/** Scans while the text is ASCII; answers where to go on: the start of the word that holds the first other character. */
function scanAscii(text: string, found: WordScan): number {
  const { length } = text
  let { hashes, masked, starts, ends } = found
  let count = 0
  let at = 0
  while (at < length) {
    let code = text.charCodeAt(at)
    if (code > 127) break
    let lower = asciiLower[code]!
    if (lower === 0) {
      at++
      continue
    }
    const start = at
    let hash = seed
    // Letters sort after digits: until the first digit both hashes are one.
    while (lower > 0x39) {
      hash = Math.imul(hash ^ lower, prime)
      if (++at === length) break
      code = text.charCodeAt(at)
      lower = code > 127 ? 0 : asciiLower[code]!
    }
    let mask = hash
    let inDigits = false
    while (lower !== 0 && at < length) {
      hash = Math.imul(hash ^ lower, prime)
      const isDigit = lower <= 0x39
      if (!isDigit) mask = Math.imul(mask ^ lower, prime)
      else if (!inDigits) mask = Math.imul(mask ^ zero, prime)
      inDigits = isDigit
      if (++at === length) break
      code = text.charCodeAt(at)
      lower = code > 127 ? 0 : asciiLower[code]!
    }
    if (at < length && code > 127) {
      at = start
      break
    }
    if (count === hashes.length) {
      grow(found, count)
      ;({ hashes, masked, starts, ends } = found)
    }
    hashes[count] = finish(hash)
    masked[count] = finish(mask)
    starts[count] = start
    ends[count] = at
    count++
  }
  found.count = count
  return at
}

/** Any text, from the start of a word or from between two. */
function scanAny(text: string, from: number, found: WordScan): void {
  const { classes, lower } = planeTable(0)
  const { length } = text
  // Only the dotted capital I grows in lower case, by one unit: the lower-case text lies so many units further on.
  let grown = 0
  // Made before the loop: the compiler takes it for a pure operation and would repeat it for every character.
  const lowered = text.includes('Σ') ? text.toLowerCase() : text
  let at = from
  while (at < length) {
    const start = at
    let hash = seed
    let mask = seed
    let inDigits = false
    while (at < length) {
      const unit = text.charCodeAt(at)
      let kind = classes[unit]!
      let code = lower[unit]!
      let high = 0
      let width = 1
      if (kind === surrogate) {
        const point = text.codePointAt(at)!
        // One without its pair is no part of a word.
        if (point > 0xffff) {
          const beyond = planeTable(point >>> 16)
          high = unit
          code = beyond.lower[point & 0xffff]!
          kind = beyond.classes[point & 0xffff]!
          width = 2
        } else kind = separator
      } else if (unit === capitalSigma) {
        // At the end of its word a sigma has a form of its own, and the characters around it say whether it is there.
        code = lowered.charCodeAt(at + grown)
      } else if (unit === dottedCapitalI) grown++

      if (kind === separator || (kind === single && at > start)) break
      if (high !== 0) hash = Math.imul(hash ^ high, prime)
      hash = Math.imul(hash ^ code, prime)
      if (kind !== digit) {
        if (high !== 0) mask = Math.imul(mask ^ high, prime)
        mask = Math.imul(mask ^ code, prime)
      } else if (!inDigits) mask = Math.imul(mask ^ zero, prime)
      inDigits = kind === digit
      at += width
      // In lower case the dotted capital I ends in a combining dot, which is no letter.
      if (kind === single || unit === dottedCapitalI) break
    }
    if (at > start) add(found, finish(hash), finish(mask), start, at)
    else at++
  }
}

function add(found: WordScan, hash: number, mask: number, start: number, end: number): void {
  const { count } = found
  if (count === found.hashes.length) grow(found, count)
  found.hashes[count] = hash
  found.masked[count] = mask
  found.starts[count] = start
  found.ends[count] = end
  found.count = count + 1
}

function grow(found: WordScan, count: number): void {
  const wider = arraysOf(count * 2)
  wider.hashes.set(found.hashes)
  wider.masked.set(found.masked)
  wider.starts.set(found.starts)
  wider.ends.set(found.ends)
  Object.assign(found, wider)
}

function arraysOf(length: number): Omit<WordScan, 'count'> {
  return {
    hashes: new Uint32Array(length),
    masked: new Uint32Array(length),
    starts: new Uint32Array(length),
    ends: new Uint32Array(length),
  }
}

function finish(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
