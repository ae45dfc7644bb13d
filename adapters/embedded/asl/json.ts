import type { Json, JsonObject } from '../../../core/platform/ports.ts'

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * A fresh JSON value from what JSONata or a handler returned: undefined members are dropped. Throws TypeError with the
 * place for what JSON cannot hold (functions, NaN, regular expressions, ...).
 */
export function toJson(value: unknown, place = ''): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return value.map((item, index) => toJson(item ?? null, `${place}/${index}`))
  if (typeof value === 'object' && isPlain(value)) return copyMembers(value, place)
  throw new TypeError(`${describe(value)}${place === '' ? '' : ` at ${place}`} is not JSON`)
}

function copyMembers(value: object, place: string): JsonObject {
  const copy: JsonObject = {}
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue
    const json = toJson(member, `${place}/${key}`)
    // Plain assignment to __proto__ would set the prototype and lose the member.
    if (key === '__proto__')
      Object.defineProperty(copy, key, { value: json, enumerable: true, writable: true, configurable: true })
    else copy[key] = json
  }
  return copy
}

function isPlain(value: object): boolean {
  if (isMarkedFunction(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function describe(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`
  return isMarkedFunction(value) ? 'a function' : `a ${value.constructor?.name ?? 'object'}`
}

/** How JSONata marks its functions. */
function isMarkedFunction(value: object): boolean {
  return '_jsonata_lambda' in value || '_jsonata_function' in value
}
