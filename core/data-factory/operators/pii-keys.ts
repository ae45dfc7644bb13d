import type { Span } from './find-pii.ts'

const letters = '[A-Za-z0-9]'
/** Prefixes that issuers of keys publish. Those whose rest may spell words must look random. */
const patterns = new RegExp(
  [
    'sk-[A-Za-z0-9_-]{20,200}',
    `[srp]k_(?:live|test)_${letters}{16,200}`,
    '(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])',
    `gh[pousr]_${letters}{36,255}`,
    'github_pat_[A-Za-z0-9_]{50,255}',
    'glpat-[A-Za-z0-9_-]{20,100}',
    'xox[abeoprs]-[A-Za-z0-9-]{10,200}',
    'AIza[0-9A-Za-z_-]{35}',
    `hf_${letters}{30,60}`,
    `npm_${letters}{36}(?!${letters})`,
  ]
    .map((pattern) => `(?<![A-Za-z0-9_-])${pattern}`)
    .join('|'),
  'g',
)
const begin = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g
const end = /-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g
const armour = /[A-Za-z0-9+/=\s]*/y
const leastDistinct = 8
/** Shannon, of the characters of the key; English words of that length stay below it or in one case. */
const leastBits = 2.8

/** Keys of services and blocks of private keys. */
export function findKeys(text: string): Span[] {
  const found: Span[] = privateKeys(text)
  for (const match of text.matchAll(patterns)) {
    const key = match[0].replace(/[-_]+$/, '')
    if (looksRandom(key)) found.push({ start: match.index, end: match.index + key.length, kind: 'api_key' })
  }
  return found
}

/** A block without an end reaches as far as it looks like one. */
function privateKeys(text: string): Span[] {
  if (!text.includes('PRIVATE KEY')) return []
  const found: Span[] = []
  let closing: RegExpExecArray | null | undefined
  for (const match of text.matchAll(begin)) {
    const start = match.index
    if (start < (found.at(-1)?.end ?? 0)) continue
    end.lastIndex = start + match[0].length
    // Where one block has no end, none after it has.
    if (closing !== null) closing = end.exec(text)
    armour.lastIndex = start + match[0].length
    const open = start + match[0].length + (armour.exec(text)?.[0].trimEnd().length ?? 0)
    found.push({ start, end: closing ? closing.index + closing[0].length : open, kind: 'api_key' })
  }
  return found
}

function looksRandom(key: string): boolean {
  const rest = key.slice(4)
  const counts = new Map<string, number>()
  for (const character of rest) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / rest.length) * Math.log2(count / rest.length)
  const mixed = /\d/.test(rest) || (/[a-z]/.test(rest) && /[A-Z]/.test(rest)) || /^A[KS]IA/.test(key)
  return (
    mixed &&
    counts.size >= Math.min(leastDistinct, rest.length / 2) &&
    bits >= Math.min(leastBits, Math.log2(rest.length) * 0.7)
  )
}
