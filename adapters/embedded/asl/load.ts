import { createHash } from 'node:crypto'
import { type Breach, Fault } from '../../../core/platform/fault.ts'
import type { JsonObject } from '../../../core/platform/ports.ts'
import { isWithin, refuseUnknown } from './fields.ts'
import { isObject, toJson } from './json.ts'
import { checkLanguage, readBlock } from './load-block.ts'
import type { Machine } from './machine.ts'
import { type Place, rootPlace } from './place.ts'
import { substitute } from './substitute.ts'

const DEFINITION_BYTES = 1_048_576

/** Checks and compiles a state machine (JSONata ASL). Fault `invalid` with every problem of the definition at once. */
export function loadMachine(name: string, asl: unknown, substitutions: Record<string, string>): Machine {
  const breaches: Breach[] = []
  const place = rootPlace(breaches, `machine "${name}"`)
  const substituted = substitute(readJson(name, asl, place, breaches), substitutions, place)
  return compile(name, substituted as JsonObject, place, breaches)
}

/** Makes a machine again from its stored text. Fault `invalid` when this program no longer implements it. */
export function restoreMachine(name: string, definition: string): Machine {
  const breaches: Breach[] = []
  const place = rootPlace(breaches, `machine "${name}"`)
  return compile(name, readJson(name, JSON.parse(definition), place, breaches), place, breaches)
}

function readJson(name: string, asl: unknown, place: Place, breaches: Breach[]): JsonObject {
  try {
    const json = toJson(asl)
    if (isObject(json)) return json
    place.report(undefined, 'wrong_type', 'must be a JSON object', 'pass the parsed definition')
  } catch (error) {
    place.report(undefined, 'wrong_type', (error as Error).message, 'pass the parsed definition')
  }
  throw refusal(name, breaches)
}

function compile(name: string, asl: JsonObject, place: Place, breaches: Breach[]): Machine {
  const definition = JSON.stringify(asl)
  if (Buffer.byteLength(definition) > DEFINITION_BYTES)
    place.report(undefined, 'too_large', 'is over 1 MiB, the limit of Step Functions', 'split it')
  const timeoutSeconds = readTop(asl, place)
  const block = readBlock(asl, place, { variables: new Set(), inMap: false }, { names: new Set() })
  if (breaches.length > 0) throw refusal(name, breaches)
  return { name, definition, digest: createHash('sha256').update(definition).digest('hex'), timeoutSeconds, block }
}

function refusal(name: string, breaches: Breach[]): Fault {
  const listed = breaches.map(({ pointer, message, remedy }) => `\n  ${pointer || '/'} ${message}; ${remedy}`)
  return new Fault('invalid', `machine "${name}" is refused, ${breaches.length} problem(s):${listed.join('')}`, {
    errors: breaches,
  })
}

function readTop(asl: JsonObject, place: Place): number | undefined {
  refuseUnknown(asl, ['Comment', 'QueryLanguage', 'StartAt', 'States', 'TimeoutSeconds', 'Version'], place)
  if (asl.QueryLanguage === undefined)
    place.report('QueryLanguage', 'missing_field', 'is missing, which means JSONPath', 'write "JSONata"')
  else checkLanguage(asl, place)
  if (asl.Version !== undefined && asl.Version !== '1.0')
    place.report('Version', 'unsupported', `${JSON.stringify(asl.Version)} is not implemented`, 'write "1.0"')
  const timeout = asl.TimeoutSeconds
  if (timeout === undefined) return undefined
  if (isWithin(timeout, { min: 1, max: 99_999_999 })) return timeout
  place.report(
    'TimeoutSeconds',
    'out_of_range',
    `must be a whole number from 1 to 99999999, not ${JSON.stringify(timeout)}`,
    'correct it',
  )
  return undefined
}
