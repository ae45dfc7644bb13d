import { RE2JS } from 're2js'

export interface CompiledPattern {
  /** Whether the pattern takes the whole text. */
  matchesAll(text: string): boolean
  /** What group 1 (else the whole match) holds at the last occurrence, trimmed, white space folded; undefined without one. */
  lastAnswer(text: string): string | undefined
}

/**
 * Compiles a pattern in RE2's syntax, where `.` takes line breaks too. Trainers and scorers read patterns through this one function.
 * RE2 takes time linear in the text: with a backtracking engine one recipe could hang the server. Throws on bad syntax.
 */
export function compilePattern(source: string): CompiledPattern {
  const compiled = RE2JS.compile(source, RE2JS.DOTALL)
  return {
    matchesAll: (text) => compiled.matches(text),
    lastAnswer(text) {
      const matcher = compiled.matcher(text)
      let last: string | undefined
      while (matcher.find()) last = (matcher.groupCount() > 0 ? matcher.group(1) : null) ?? matcher.group() ?? undefined
      return last === undefined ? undefined : foldSpace(last)
    },
  }
}

/** Trimmed, each run of white space one space: how answers are compared. */
export function foldSpace(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
