import { createScanner, hashWord } from '../../text/scan-words.ts'

interface Node {
  next: Map<number, Node>
  /** As the user wrote it, where a term ends. */
  term?: string
}

/** Of a term or of a text: hashes of words and of the signs between them, blanks left out. */
interface Tokens {
  keys: Uint32Array
  starts: Uint32Array
  ends: Uint32Array
  count: number
}

const scanner = createScanner()
let buffer = tokensOf(1024)

/**
 * Finds the first of many terms in a text: whole words (a Han or kana character is one), case ignored, blanks between
 * words free, other signs as written. Time does not depend on how many terms there are.
 */
export function createTermMatcher(terms: readonly string[]): (text: string) => string | undefined {
  const root: Node = { next: new Map() }
  for (const term of terms) {
    const { keys, count } = tokenize(term.normalize('NFC'))
    let node = root
    for (let i = 0; i < count; i++) {
      const next = node.next.get(keys[i]!) ?? { next: new Map() }
      node.next.set(keys[i]!, next)
      node = next
    }
    if (node !== root) node.term ??= term
  }
  return (text) => firstTerm(root, text)
}

function firstTerm(root: Node, text: string): string | undefined {
  const { keys, starts, ends, count } = tokenize(text)
  for (let at = 0; at < count; at++) {
    let node = root.next.get(keys[at]!)
    for (let i = at + 1; node !== undefined; i++) {
      if (node.term !== undefined && isThere(node.term, text, starts[at]!, ends[i - 1]!)) return node.term
      if (i >= count) break
      node = node.next.get(keys[i]!)
    }
  }
  return undefined
}

/** Hashes may collide, and a combining mark would go on with the word. */
function isThere(term: string, text: string, start: number, end: number): boolean {
  return bare(text.slice(start, end)) === bare(term.normalize('NFC')) && !/^\p{M}/u.test(text.slice(end, end + 2))
}

function bare(text: string): string {
  return text.toLowerCase().replace(/\s+/g, '')
}

function tokenize(text: string): Tokens {
  const { count, hashes, starts, ends } = scanner.scan(text)
  buffer.count = 0
  let end = 0
  for (let i = 0; i < count; i++) {
    signs(text, end, starts[i]!)
    add(hashes[i]!, starts[i]!, ends[i]!)
    end = ends[i]!
  }
  signs(text, end, text.length)
  return buffer
}

function signs(text: string, from: number, to: number): void {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    if (code !== 0x20 && !/\s/.test(text[at]!)) add(hashWord(text[at]!), at, at + 1)
  }
}

function add(key: number, start: number, end: number): void {
  const { count } = buffer
  if (count === buffer.keys.length) {
    const wider = tokensOf(count * 2)
    wider.keys.set(buffer.keys)
    wider.starts.set(buffer.starts)
    wider.ends.set(buffer.ends)
    buffer = wider
  }
  buffer.keys[count] = key
  buffer.starts[count] = start
  buffer.ends[count] = end
  buffer.count = count + 1
}

function tokensOf(length: number): Tokens {
  return { keys: new Uint32Array(length), starts: new Uint32Array(length), ends: new Uint32Array(length), count: 0 }
}
