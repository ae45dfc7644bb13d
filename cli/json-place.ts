const space = /[ \t\r\n]*/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them raw in strings
const text = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** The offset of the first token that JSON does not allow; undefined when the text is JSON. JSON.parse names it for some errors only. */
export function jsonErrorOffset(source: string): number | undefined {
  let at = 0

  const skip = (pattern: RegExp) => {
    pattern.lastIndex = at
    if (!pattern.test(source)) return false
    at = pattern.lastIndex
    return true
  }
  const take = (character: string) => {
    skip(space)
    if (source[at] !== character) return false
    at++
    return true
  }
  const list = (end: string, item: () => boolean) => {
    if (take(end)) return true
    do if (!item()) return false
    while (take(','))
    return take(end)
  }
  const member = () => {
    skip(space)
    return skip(text) && take(':') && value()
  }
  function value(): boolean {
    if (take('{')) return list('}', member)
    if (take('[')) return list(']', value)
    return skip(text) || skip(scalar)
  }

  if (!value()) return at
  skip(space)
  return at < source.length ? at : undefined
}
