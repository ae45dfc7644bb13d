import { hashWord } from '../../text/scan-words.ts'

const base = 0x01000193

/** Fills `into` with the hash of every n words in a row, rolling, and tells how many there are. */
export function rollGrams(words: Uint32Array, count: number, n: number, into: Uint32Array): number {
  if (count < n) return 0
  let leaving = 1
  for (let i = 0; i < n; i++) leaving = Math.imul(leaving, base)
  let hash = 0
  for (let at = 0; at < n; at++) hash = (Math.imul(hash, base) + words[at]!) | 0
  into[0] = hash
  for (let at = n; at < count; at++) {
    hash = (Math.imul(hash, base) + words[at]! - Math.imul(words[at - n]!, leaving)) | 0
    into[at - n + 1] = hash
  }
  return count - n + 1
}

/** The hashes that `rollGrams` gives for these words, each once. */
export function gramHashes(words: readonly string[], n: number): Uint32Array {
  const hashes = Uint32Array.from(words, hashWord)
  const grams = new Uint32Array(hashes.length)
  return Uint32Array.from(new Set(grams.subarray(0, rollGrams(hashes, hashes.length, n, grams))))
}

/** Every n words in a row, each once, as text. */
export function gramTexts(words: readonly string[], n: number): Set<string> {
  const grams = new Set<string>()
  for (let start = 0; start + n <= words.length; start++) grams.add(words.slice(start, start + n).join(' '))
  return grams
}

/** A word with each run of decimal digits as one `0`. */
export function maskDigits(word: string): string {
  return word.replace(/\p{Nd}+/gu, '0')
}
