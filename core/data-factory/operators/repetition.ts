import { createScanner } from '../../text/scan-words.ts'

/** Fewer lines or words say nothing about repetition. */
const fewestLines = 4
const fewestWords = 20
/** Braces, rules of tables and the like repeat in good texts. */
const shortestLine = 4

const scanner = createScanner()
let table = new Int32Array(0)
let counts = new Int32Array(0)

/** Characters in lines that occur more than once, 0..1 of those in all lines. 0 for texts of fewer than 4 lines. */
export function repeatedLineShare(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at >= 0 && lines < fewestLines; at = text.indexOf('\n', at + 1)) lines++
  if (lines < fewestLines - 1) return 0

  const seen = new Map<string, number>()
  let characters = 0
  let judged = 0
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    characters += line.length
    if (line.length === 0) continue
    judged += 1
    if (line.length >= shortestLine) seen.set(line, (seen.get(line) ?? 0) + 1)
  }
  if (judged < fewestLines) return 0
  let repeated = 0
  for (const [line, times] of seen) if (times > 1) repeated += line.length * times
  return characters === 0 ? 0 : repeated / characters
}

/**
 * Words in the most frequent word 3-gram, 0..1 of all words (a Han or kana character is a word). 0 for texts of fewer than
 * 20 words. After the top n-gram rule of Gopher (Rae et al., 2021).
 */
export function repeatedTrigramShare(text: string): number {
  const { count, hashes } = scanner.scan(text)
  if (count < fewestWords) return 0
  const size = 2 ** Math.ceil(Math.log2(count * 2))
  if (table.length < size) {
    table = new Int32Array(size)
    counts = new Int32Array(size)
  } else counts.fill(0, 0, size)
  let most = 0
  for (let i = 0; i + 2 < count; i++) {
    const times = countOne(mix(hashes[i]!, hashes[i + 1]!, hashes[i + 2]!), size - 1)
    if (times > most) most = times
  }
  return Math.min(1, (most * 3) / count)
}

function countOne(key: number, mask: number): number {
  let slot = (key >>> 7) & mask
  while (counts[slot] !== 0 && table[slot] !== key) slot = (slot + 1) & mask
  table[slot] = key
  const times = counts[slot]! + 1
  counts[slot] = times
  return times
}

function mix(first: number, second: number, third: number): number {
  return (Math.imul(Math.imul(first, 31) + second, 31) + third * 1) | 0
}
