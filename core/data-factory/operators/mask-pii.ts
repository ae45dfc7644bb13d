import { findPii, type PiiKind } from './find-pii.ts'

export type PiiCounts = Map<PiiKind, number>

const literal = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs

/** The text with a placeholder such as `[EMAIL]` for each finding, which is counted. Masked again it stays the same. */
export function maskText(text: string, kinds: ReadonlySet<PiiKind>, counts: PiiCounts): string {
  let masked = text
  // A placeholder may be the border that a further value lacked.
  for (let spans = findPii(masked, kinds); spans.length > 0; spans = findPii(masked, kinds)) {
    let result = ''
    let end = 0
    for (const span of spans) {
      counts.set(span.kind, (counts.get(span.kind) ?? 0) + 1)
      result += `${masked.slice(end, span.start)}[${span.kind.toUpperCase()}]`
      end = span.end
    }
    masked = result + masked.slice(end)
  }
  return masked
}

/**
 * Arguments of a tool call, which stay JSON: strings are masked as they read, and a number that is personal data becomes a
 * string. Everything else keeps its spelling. Arguments that are no JSON are masked as text.
 */
export function maskArguments(json: string, kinds: ReadonlySet<PiiKind>, counts: PiiCounts): string {
  if (!isJson(json)) return maskText(json, kinds, counts)
  return json.replace(literal, (token) => {
    if (!token.startsWith('"')) {
      const masked = maskText(token, kinds, counts)
      return masked === token ? token : JSON.stringify(masked)
    }
    const value = JSON.parse(token) as string
    const masked = maskText(value, kinds, counts)
    return masked === value ? token : JSON.stringify(masked)
  })
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
