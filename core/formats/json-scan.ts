const quote = 34
const colon = 58
const backslash = 92

/**
 * Counts the keys (colons outside strings) and the deepest nesting of a JSON text, at the speed of `indexOf`. Compared with the keys
 * of the parsed value it tells whether a key was written twice, which JSON.parse hides. The text need not be JSON.
 */
export function scanJson(text: string): { keys: number; depth: number } {
  let keys = 0
  let depth = 0
  let deepest = 0
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      at = stringEnd(text, at)
      continue
    }
    if (code === colon) keys += 1
    else if (code === 123 || code === 91) {
      depth += 1
      if (depth > deepest) deepest = depth
    } else if (code === 125 || code === 93) depth -= 1
    at += 1
  }
  return { keys, depth: deepest }
}

/** Just behind the closing quote of the string that opens at `open`; the end of the text when nothing closes it. */
export function stringEnd(text: string, open: number): number {
  let close = text.indexOf('"', open + 1)
  while (close !== -1 && isEscaped(text, close)) close = text.indexOf('"', close + 1)
  return close === -1 ? text.length : close + 1
}

function isEscaped(text: string, at: number): boolean {
  let start = at
  while (text.charCodeAt(start - 1) === backslash) start -= 1
  return (at - start) % 2 === 1
}
