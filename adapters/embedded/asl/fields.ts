import type { Json, JsonObject } from '../../../core/platform/ports.ts'
import type { Surroundings } from './expression-lint.ts'
import { isObject } from './json.ts'
import type { Assignments, Template } from './machine.ts'
import type { Place } from './place.ts'
import { compileTemplate } from './template.ts'

const jsonPath = new Set(
  `InputPath OutputPath Parameters ResultPath ResultSelector Result ItemsPath Iterator SecondsPath TimestampPath TimeoutSecondsPath
  HeartbeatSecondsPath MaxConcurrencyPath ErrorPath CausePath ToleratedFailureCountPath ToleratedFailurePercentagePath Variable And Or Not`.split(
    /\s+/,
  ),
)

/** Reports every field that is not in `allowed`, the JSONPath ones by that name. */
export function refuseUnknown(fields: JsonObject, allowed: string[], place: Place): void {
  for (const field of Object.keys(fields)) {
    if (allowed.includes(field)) continue
    if (jsonPath.has(field) || field.endsWith('.$'))
      place.report(
        field,
        'jsonpath_field',
        'belongs to JSONPath, this machine is JSONata',
        'use Arguments, Output, Assign and {% %} expressions',
      )
    else place.report(field, 'unknown_field', 'is not implemented here', `remove it; allowed: ${allowed.join(', ')}`)
  }
}

/** A string field, or undefined after reporting it. */
export function readString(
  fields: JsonObject,
  field: string,
  place: Place,
  need: 'required' | 'optional',
): string | undefined {
  const value = fields[field]
  if (typeof value === 'string' && value !== '') return value
  if (value === undefined && need === 'optional') return undefined
  if (value === undefined) place.report(field, 'missing_field', 'is missing', 'add it')
  else place.report(field, 'wrong_type', `must be a non-empty string, not ${JSON.stringify(value)}`, 'correct it')
  return undefined
}

/** An object field, or undefined after reporting it. */
export function readObject(fields: JsonObject, field: string, place: Place): JsonObject | undefined {
  const value = fields[field]
  if (isObject(value)) return value
  if (value === undefined) place.report(field, 'missing_field', 'is missing', 'add it')
  else place.report(field, 'wrong_type', 'must be an object', 'correct it')
  return undefined
}

/** A field that takes any JSON with expressions in it. */
export function readTemplate(
  fields: JsonObject,
  field: string,
  place: Place,
  surroundings: Surroundings,
): Template | undefined {
  const value = fields[field]
  return value === undefined ? undefined : compileTemplate(value, fieldPlace(place, field), field, surroundings)
}

export interface Range {
  min: number
  max: number
}

/** A whole number in the range, or an expression whose value is checked when it is used. */
export function readInteger(
  fields: JsonObject,
  field: string,
  place: Place,
  range: Range,
  surroundings: Surroundings,
): Template | undefined {
  const value = fields[field]
  if (value === undefined) return undefined
  if (typeof value === 'string' && value.startsWith('{%')) return readTemplate(fields, field, place, surroundings)
  if (!isWithin(value, range))
    place.report(
      field,
      'out_of_range',
      `must be a whole number from ${range.min} to ${range.max}, or an expression, not ${JSON.stringify(value)}`,
      'correct it',
    )
  return { kind: 'literal', value }
}

/** Whether a value is a whole number in the range. */
export function isWithin(value: Json, { min, max }: Range): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** Whether a value is an RFC 3339 time with a zone. */
export function isTimestamp(value: Json): value is string {
  return typeof value === 'string' && RFC3339.test(value) && !Number.isNaN(Date.parse(value))
}

/** A text, or an expression whose value is checked when it is used. */
export function readText(
  fields: JsonObject,
  field: string,
  place: Place,
  surroundings: Surroundings,
): Template | undefined {
  const value = fields[field]
  if (value === undefined || typeof value === 'string') return readTemplate(fields, field, place, surroundings)
  place.report(field, 'wrong_type', `must be a string, not ${JSON.stringify(value)}`, 'correct it')
  return undefined
}

// UAX #31, as Step Functions says, and at most 80 characters.
const VARIABLE = /^\p{ID_Start}\p{ID_Continue}{0,79}$/u

/** `Assign`: variable names and their templates. */
export function readAssign(fields: JsonObject, place: Place, surroundings: Surroundings): Assignments {
  if (fields.Assign === undefined) return []
  const assign = readObject(fields, 'Assign', place) ?? {}
  const inside = fieldPlace(place, 'Assign')
  for (const name of Object.keys(assign)) {
    if (name === 'states') inside.report(name, 'reserved_name', '"states" is reserved', 'choose another name')
    else if (!VARIABLE.test(name))
      inside.report(
        name,
        'wrong_name',
        `"${name}" is not a variable name`,
        'use letters, digits and _, at most 80; parts of a variable cannot be assigned',
      )
  }
  return Object.entries(assign).map(([name, value]) => [
    name,
    compileTemplate(value, inside.at(name), `Assign/${name}`, surroundings),
  ])
}

/** The place of a field, called by its name in messages. */
export function fieldPlace(place: Place, field: string): Place {
  return place.at(field)
}
