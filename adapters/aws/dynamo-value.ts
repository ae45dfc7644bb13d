import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { Fault } from '../../core/platform/fault.ts'
import type { Json, JsonObject } from '../../core/platform/ports.ts'

/** JSON as DynamoDB stores it, lossless for what `jsonBytes` accepts. `-0` becomes 0. */
export function toAttribute(value: Json): AttributeValue {
  switch (typeof value) {
    case 'string':
      return { S: value }
    case 'number':
      return { N: String(value) }
    case 'boolean':
      return { BOOL: value }
    default:
      if (value === null) return { NULL: true }
      return Array.isArray(value) ? { L: value.map(toAttribute) } : { M: toAttributes(value) }
  }
}

/** The map of a JSON object. */
export function toAttributes(object: JsonObject): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [escapeName(name), toAttribute(value)]))
}

/** The JSON of a stored value. Fault `corrupt` for a type that Sluice never stores. */
export function fromAttribute(value: AttributeValue): Json {
  if (value.S !== undefined) return value.S
  if (value.N !== undefined) return Number(value.N)
  if (value.BOOL !== undefined) return value.BOOL
  if (value.NULL !== undefined) return null
  if (value.L !== undefined) return value.L.map(fromAttribute)
  if (value.M !== undefined) return fromAttributes(value.M)
  throw new Fault('corrupt', `a stored value has the type ${Object.keys(value)[0]}, which Sluice does not write`)
}

/** The JSON object of a stored map. */
export function fromAttributes(map: Record<string, AttributeValue>): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [unescapeName(name), fromAttribute(value)]))
}

// DynamoDB refuses the empty name at any depth: NUL stands for it, and names that begin with NUL get one more.
function escapeName(name: string): string {
  return name === '' || name.startsWith('\0') ? `\0${name}` : name
}

function unescapeName(name: string): string {
  return name.startsWith('\0') ? name.slice(1) : name
}
