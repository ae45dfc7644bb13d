import type { Breach } from '../platform/fault.ts'
import { badJson } from './bad-json.ts'
import { jsonProblems } from './json-problems.ts'
import { scanJson } from './json-scan.ts'

/** Containers inside each other; rows need 5. */
export const maxDepth = 64

export type ParsedJson = { value: unknown; problems?: undefined } | { problems: Breach[] }

/**
 * Parses one JSON text and refuses what JSON.parse lets pass: a key twice, lone surrogates, numbers that would change, `__proto__`,
 * deep nesting. Pointers are relative to the value.
 */
export function parseJson(text: string): ParsedJson {
  const { keys, depth } = scanJson(text)
  if (depth > maxDepth) return { problems: [tooDeep(depth)] }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { problems: [badJson(text, error as Error)] }
  }
  const seen: Seen = { keys: 0, suspect: false, text: text.includes('\\u') }
  look(value, seen)
  if (seen.keys === keys && !seen.suspect) return { value }
  const problems = jsonProblems(text)
  return problems.length > 0 ? { problems } : { value }
}

interface Seen {
  keys: number
  suspect: boolean
  /** Whether strings may hold escaped surrogates: raw UTF-8 cannot. */
  text: boolean
}

function look(value: unknown, seen: Seen): void {
  if (typeof value === 'string') {
    if (seen.text && !value.isWellFormed()) seen.suspect = true
  } else if (typeof value === 'number') {
    if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) seen.suspect = true
  } else if (Array.isArray(value)) {
    for (const each of value) look(each, seen)
  } else if (value !== null && typeof value === 'object') {
    for (const key in value) {
      seen.keys += 1
      if (key === '__proto__' || (seen.text && !key.isWellFormed())) seen.suspect = true
      look((value as { [key: string]: unknown })[key], seen)
    }
  }
}

function tooDeep(depth: number): Breach {
  const message = `nests ${depth} deep; ${maxDepth} is the most`
  return { pointer: '', code: 'too_deep', message, remedy: 'Flatten the row, or write the nested part as text.' }
}
