import type { Breach } from '../platform/fault.ts'
import { pointer } from '../platform/parse.ts'
import { stringEnd } from './json-scan.ts'

/** What JSON.parse hides in a text that it accepts: keys written twice, `__proto__`, lone surrogates, numbers that would change. */
export function jsonProblems(text: string): Breach[] {
  const problems: Breach[] = []
  let at = 0

  const add = (path: string[], code: string, message: string, remedy: string) =>
    problems.push({ pointer: pointer(path), code, message, remedy })
  const skipSpace = () => {
    while (/\s/.test(text.charAt(at))) at += 1
  }
  const readString = (): string => {
    const end = stringEnd(text, at)
    const value = JSON.parse(text.slice(at, end)) as string
    at = end
    return value
  }

  const readValue = (path: string[]): void => {
    skipSpace()
    const first = text.charAt(at)
    if (first === '"') checkText(readString(), path)
    else if (first === '{') readObject(path)
    else if (first === '[') readArray(path)
    else {
      const [token = ''] = /^[^\s,\]}]+/.exec(text.slice(at, at + 400)) ?? []
      checkNumber(token, path)
      at += Math.max(1, token.length)
      // The rest of a number of more than 400 digits.
      while (at < text.length && /[\d.eE+-]/.test(text.charAt(at))) at += 1
    }
    skipSpace()
  }
  const readObject = (path: string[]) => {
    const seen = new Set<string>()
    at += 1
    skipSpace()
    while (text.charAt(at) !== '}') {
      const key = readString()
      const place = [...path, key]
      checkText(key, place)
      if (seen.has(key))
        add(place, 'duplicate_key', `has the key "${key}" twice`, 'Keep one of them; which is meant cannot be told.')
      if (key === '__proto__') add(place, 'reserved_key', 'has the key "__proto__"', 'Rename the key.')
      seen.add(key)
      skipSpace()
      at += 1
      readValue(place)
      if (text.charAt(at) === ',') at += 1
      skipSpace()
    }
    at += 1
  }
  const readArray = (path: string[]) => {
    at += 1
    skipSpace()
    for (let i = 0; text.charAt(at) !== ']'; i++) {
      readValue([...path, String(i)])
      if (text.charAt(at) === ',') at += 1
      skipSpace()
    }
    at += 1
  }
  const checkText = (value: string, path: string[]) => {
    if (!value.isWellFormed())
      add(
        path,
        'lone_surrogate',
        'holds half of a character (a lone surrogate)',
        'Repair the text: it was cut inside an emoji or the like.',
      )
  }
  const checkNumber = (token: string, path: string[]) => {
    const isInteger = /^-?\d+$/.test(token)
    const value = Number(token)
    if (!Number.isFinite(value) || (isInteger && token.length > 15 && BigInt(value) !== BigInt(token)))
      add(path, 'inexact_number', `holds the number ${token.slice(0, 40)}, which would change`, 'Write it as text.')
  }

  readValue([])
  return problems
}
