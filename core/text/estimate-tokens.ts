const kind = { other: 0, lower: 1, upper: 2, digit: 3, space: 4, newline: 5, mark: 6 } as const
const asciiKinds = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/[a-z]/.test(character)) return kind.lower
  if (/[A-Z]/.test(character)) return kind.upper
  if (/[0-9]/.test(character)) return kind.digit
  if (/[ \t]/.test(character)) return kind.space
  return /[\n\r]/.test(character) ? kind.newline : kind.mark
})

/** Tokens of a word by its length; fitted by least squares to the mean of cl100k and o200k. */
const wordCost = [0, 0.98, 0.88, 0.97, 1.01, 1.01, 1.01, 1.04, 1.04, 1.22, 1.3, 1.31, 1.31, 1.85, 1.85]
const longest = wordCost.length - 1
const perFurtherLetter = 0.15
const capitalsCost = 0.41
const markCost = [0, 1.03, 1.33, 1.78]
const perFurtherMark = 0.24
/** Per character outside ASCII: first code unit of each range, and tokens (between cl100k and o200k). */
const scripts: readonly (readonly [number, number])[] = [
  [0x80, 0.7],
  [0xc0, 1.3], // Latin with accents, within a word
  [0x250, 1],
  [0x370, 0.65], // Greek
  [0x400, 0.38], // Cyrillic
  [0x530, 0.8],
  [0x590, 0.75], // Hebrew
  [0x600, 0.6], // Arabic
  [0x900, 0.75], // Indic scripts, Thai, Georgian and others
  [0x1e00, 0.4], // Vietnamese
  [0x1f00, 0.7],
  [0x2000, 0.9],
  [0x2100, 1.4], // signs
  [0x3000, 0.8], // kana, Han and their marks
  [0xac00, 0.95], // Hangul
  [0xd800, 0.7], // a half of a pair
  [0xe000, 1],
]

/**
 * Tokens of a text under a byte-pair vocabulary of 100,000 to 200,000 entries, without one. Relative error against
 * cl100k and o200k, mean and 95th percentile: GSM8K 2 % and 7 %, MATH 3 % and 8 %, HumanEval 4 % and 10 %. In other scripts
 * the vocabularies themselves differ by a factor of 1.6 (Chinese) to 4 (Georgian): the estimate lies between them.
 */
export function estimateTokens(text: string): number {
  const { length } = text
  let tokens = 0
  let before: number = kind.newline
  let i = 0
  while (i < length) {
    const code = text.charCodeAt(i)
    const start = i
    if (code >= 128) {
      tokens += beyondAscii(code)
      // An accent goes on with its word: only its own cost counts.
      before = kind.other
      i++
      continue
    }
    const found = asciiKinds[code]!
    i++
    switch (found) {
      case kind.lower:
        while (i < length && isKind(text.charCodeAt(i), kind.lower)) i++
        tokens += before === kind.other ? 0.4 : ofWord(i - start)
        break
      case kind.upper:
        while (i < length && isKind(text.charCodeAt(i), kind.upper)) i++
        if (i - start > 1) {
          tokens += capitalsCost * (i - start)
          break
        }
        while (i < length && isKind(text.charCodeAt(i), kind.lower)) i++
        tokens += ofWord(i - start)
        break
      case kind.digit:
        while (i < length && isKind(text.charCodeAt(i), kind.digit)) i++
        tokens += Math.ceil((i - start) / 3) * 1.03 + (before === kind.space ? 1 : 0)
        break
      case kind.space:
        while (i < length && isKind(text.charCodeAt(i), kind.space)) i++
        if (i - start > 1) tokens += 0.6
        break
      case kind.newline:
        while (i < length && isKind(text.charCodeAt(i), kind.newline)) i++
        if (before !== kind.mark) tokens += 0.75
        break
      default:
        while (i < length && isKind(text.charCodeAt(i), kind.mark)) i++
        tokens += i - start > 3 ? 1.78 + (i - start - 3) * perFurtherMark : markCost[i - start]!
        if (i < length && isKind(text.charCodeAt(i), kind.newline)) tokens -= 0.55
    }
    before = found
  }
  return Math.round(tokens)
}

function isKind(code: number, wanted: number): boolean {
  return code < 128 && asciiKinds[code] === wanted
}

function ofWord(letters: number): number {
  return letters > longest ? wordCost[longest]! + (letters - longest) * perFurtherLetter : wordCost[letters]!
}

function beyondAscii(code: number): number {
  return costs[code >> 4]!
}

const costs = Float64Array.from({ length: 4096 }, (_, block) => {
  let cost = 0
  for (const [from, tokens] of scripts) if (block << 4 >= (from & ~15)) cost = tokens
  return cost
})
