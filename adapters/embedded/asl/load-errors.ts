import type { JsonObject } from '../../../core/platform/ports.ts'
import type { Surroundings } from './expression-lint.ts'
import { catchableErrors } from './failure.ts'
import { readAssign, readString, readTemplate, refuseUnknown } from './fields.ts'
import { isObject } from './json.ts'
import type { Catcher, Retrier } from './machine.ts'
import type { Place } from './place.ts'

/** `Retry`, with the defaults of Step Functions. */
export function readRetry(state: JsonObject, place: Place): Retrier[] {
  return readList(state, 'Retry', place).map(({ fields, at, last }) => {
    refuseUnknown(
      fields,
      ['ErrorEquals', 'IntervalSeconds', 'MaxAttempts', 'BackoffRate', 'MaxDelaySeconds', 'JitterStrategy', 'Comment'],
      at,
    )
    const intervalSeconds = readNumber(fields, 'IntervalSeconds', at, 1, { min: 1, max: 99_999_999, whole: true })
    const maxDelaySeconds =
      fields.MaxDelaySeconds === undefined
        ? undefined
        : readNumber(fields, 'MaxDelaySeconds', at, 1, { min: 1, max: 31_622_399, whole: true })
    if (maxDelaySeconds !== undefined && maxDelaySeconds <= intervalSeconds)
      at.report(
        'MaxDelaySeconds',
        'out_of_range',
        `must be greater than IntervalSeconds (${intervalSeconds})`,
        'raise it',
      )
    return {
      errorEquals: readErrorEquals(fields, at, last),
      intervalSeconds,
      maxAttempts: readNumber(fields, 'MaxAttempts', at, 3, { min: 0, max: 99_999_999, whole: true }),
      backoffRate: readNumber(fields, 'BackoffRate', at, 2, { min: 1, max: 1_000, whole: false }),
      maxDelaySeconds,
      jitter: readJitter(fields, at),
    }
  })
}

/** `Catch`. `goTo` notes the target of each catcher. */
export function readCatch(
  state: JsonObject,
  place: Place,
  surroundings: Surroundings,
  goTo: (target: string | undefined, place: Place) => void,
): Catcher[] {
  const inCatch: Surroundings = { ...surroundings, offers: new Set(['errorOutput']) }
  return readList(state, 'Catch', place).map(({ fields, at, last }) => {
    refuseUnknown(fields, ['ErrorEquals', 'Next', 'Output', 'Assign', 'Comment'], at)
    const next = readString(fields, 'Next', at, 'required')
    goTo(next, at)
    return {
      errorEquals: readErrorEquals(fields, at, last),
      output: readTemplate(fields, 'Output', at, inCatch),
      assign: readAssign(fields, at, inCatch),
      next,
    }
  })
}

interface Entry {
  fields: JsonObject
  at: Place
  last: boolean
}

function readList(state: JsonObject, field: string, place: Place): Entry[] {
  const list = state[field]
  if (list === undefined) return []
  if (!Array.isArray(list)) {
    place.report(field, 'wrong_type', 'must be an array', 'correct it')
    return []
  }
  return list.flatMap((fields, index): Entry[] => {
    const at = place.at(field).at(index)
    if (isObject(fields)) return [{ fields, at, last: index === list.length - 1 }]
    at.report(undefined, 'wrong_type', 'must be an object', 'correct it')
    return []
  })
}

function readErrorEquals(fields: JsonObject, place: Place, last: boolean): string[] {
  const names = fields.ErrorEquals
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string')) {
    place.report(
      'ErrorEquals',
      names === undefined ? 'missing_field' : 'wrong_type',
      'must be a non-empty array of error names',
      'list the errors',
    )
    return []
  }
  if (names.includes('States.ALL') && (names.length > 1 || !last))
    place.report(
      'ErrorEquals',
      'misplaced_all',
      'States.ALL must stand alone, in the last entry',
      'move it to an entry of its own at the end',
    )
  for (const name of names) {
    if (!name.startsWith('States.') || catchableErrors.has(name)) continue
    const why =
      name === 'States.Runtime' ? 'States.Runtime cannot be retried or caught' : `${name} is never raised here`
    place.report(
      'ErrorEquals',
      'unsupported',
      why,
      `use one of ${[...catchableErrors].join(', ')} or an error name of your own`,
    )
  }
  return names
}

function readJitter(fields: JsonObject, place: Place): 'FULL' | 'NONE' {
  const jitter = fields.JitterStrategy ?? 'NONE'
  if (jitter === 'FULL' || jitter === 'NONE') return jitter
  place.report('JitterStrategy', 'out_of_range', `must be FULL or NONE, not ${JSON.stringify(jitter)}`, 'correct it')
  return 'NONE'
}

function readNumber(
  fields: JsonObject,
  field: string,
  place: Place,
  fallback: number,
  range: { min: number; max: number; whole: boolean },
): number {
  const value = fields[field]
  if (value === undefined) return fallback
  if (
    typeof value === 'number' &&
    value >= range.min &&
    value <= range.max &&
    (!range.whole || Number.isInteger(value))
  )
    return value
  place.report(
    field,
    'out_of_range',
    `must be a ${range.whole ? 'whole ' : ''}number from ${range.min} to ${range.max}, not ${JSON.stringify(value)}`,
    'correct it',
  )
  return fallback
}
