const decoder = new TextDecoder('utf-8', { fatal: true })

/** Words that stand for a value that is not finite, as trainers and their JSON writers spell them, in lower case. */
const nonFinite: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  '-nan': Number.NaN,
  '+nan': Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  '+infinity': Number.POSITIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
}
const longestWord = 9

/** The number of a word such as NaN or -Infinity, in any case; undefined for any other text. */
export function nonFiniteOf(word: string): number | undefined {
  if (word.length > longestWord || word.length < 3) return undefined
  const lower = word.toLowerCase()
  return Object.hasOwn(nonFinite, lower) ? nonFinite[lower] : undefined
}

/** The object of one line; a text says why there is none. Words for what is not finite may stand bare, where JSON has no place for them. */
export function parseObject(bytes: Uint8Array): Record<string, unknown> | string {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return 'not UTF-8'
  }
  const value = tryParse(text) ?? tryParse(withQuotedWords(text))
  if (value === undefined) return 'not JSON'
  if (typeof value.json !== 'object' || value.json === null || Array.isArray(value.json)) return 'not an object'
  return value.json as Record<string, unknown>
}

function tryParse(text: string): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** Bare words outside texts become texts, in one pass whatever the text holds. */
function withQuotedWords(text: string): string {
  const pieces: string[] = []
  let copied = 0
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at)
    if (code === 34) at = endOfText(text, at)
    else if (isWordCode(code)) {
      let end = at + 1
      while (end < text.length && isWordCode(text.charCodeAt(end))) end++
      if (end - at <= longestWord && nonFiniteOf(text.slice(at, end)) !== undefined) {
        pieces.push(text.slice(copied, at), '"', text.slice(at, end), '"')
        copied = end
      }
      at = end
    } else at++
  }
  pieces.push(text.slice(copied))
  return pieces.join('')
}

function endOfText(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 92) at++
    else if (code === 34) return at + 1
  }
  return text.length
}

/** Letters, digits, signs and the point: what a number or a word consists of. */
function isWordCode(code: number): boolean {
  const letter = code | 32
  return (letter >= 97 && letter <= 122) || (code >= 48 && code <= 57) || code === 43 || code === 45 || code === 46
}
