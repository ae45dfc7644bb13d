import type { Json } from '../../../core/platform/ports.ts'
import { isObject } from './json.ts'
import type { Place } from './place.ts'

const PLACEHOLDER = /\$\{([^{}]*)\}/g

/** Replaces `${Name}` in every string, as DefinitionSubstitutions of CloudFormation do; names without a value are breaches. */
export function substitute(value: Json, substitutions: Record<string, string>, place: Place): Json {
  if (typeof value === 'string') return replaceAll(value, substitutions, place)
  if (Array.isArray(value)) return value.map((item, index) => substitute(item, substitutions, place.at(index)))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, substitute(member, substitutions, place.at(key))]),
  )
}

function replaceAll(text: string, substitutions: Record<string, string>, place: Place): string {
  return text.replaceAll(PLACEHOLDER, (whole, name: string) => {
    const replacement = Object.hasOwn(substitutions, name) ? substitutions[name] : undefined
    if (replacement !== undefined) return replacement
    place.report(
      undefined,
      'unsubstituted',
      `"${whole}" has no substitution`,
      `give a value for ${name}; known: ${Object.keys(substitutions).join(', ') || 'none'}`,
    )
    return whole
  })
}
