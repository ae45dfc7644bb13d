import { Fault } from './fault.ts'

// DynamoDB nests 32 levels deep. The bound also ends the walk over an object that contains itself.
const MAX_DEPTH = 32
const NAME_BYTES = 65_535
const NUMBER_LIMIT = 1e126
const NUMBER_EPSILON = 1e-130

/**
 * Bytes of a JSON value by DynamoDB's rule: strings and names in UTF-8, 1 for booleans and null, 3 + 1 per element for
 * lists and maps, about half a byte per significant digit for numbers. Fault `invalid` names the path of what is not
 * lossless JSON or what DynamoDB has no place for. `-0` is stored as 0.
 */
export function jsonBytes(value: unknown, name: string): number {
  const trail: (string | number)[] = [name]
  return measure(value, trail)
}

function measure(value: unknown, trail: (string | number)[]): number {
  switch (typeof value) {
    case 'string':
      return textBytes(value, trail)
    case 'number':
      return numberBytes(value, trail)
    case 'boolean':
      return 1
    case 'object':
      if (value === null) return 1
      if (trail.length > MAX_DEPTH) throw refusal(trail.slice(0, 4), `is nested deeper than ${MAX_DEPTH} levels`)
      return Array.isArray(value) ? listBytes(value, trail) : mapBytes(value, trail)
    default:
      throw refusal(trail, `is ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}, not JSON`)
  }
}

function listBytes(list: unknown[], trail: (string | number)[]): number {
  let bytes = 3
  for (let i = 0; i < list.length; i++) {
    trail.push(i)
    bytes += 1 + measure(list[i], trail)
    trail.pop()
  }
  return bytes
}

function mapBytes(map: object, trail: (string | number)[]): number {
  const prototype: unknown = Object.getPrototypeOf(map)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw refusal(trail, `is a ${map.constructor?.name ?? 'class instance'}, not a plain object`)
  let bytes = 3
  for (const name of Object.keys(map)) {
    trail.push(name)
    bytes += 1 + nameBytes(name, trail) + measure((map as Record<string, unknown>)[name], trail)
    trail.pop()
  }
  return bytes
}

function nameBytes(name: string, trail: (string | number)[]): number {
  const bytes = textBytes(name, trail)
  if (bytes <= NAME_BYTES) return bytes
  const where = `${trail.slice(0, -1).join('/')}/${name.slice(0, 40)}...`
  throw new Fault('too_large', `the name ${where} has ${bytes} bytes, at most ${NAME_BYTES} fit: move it into a value`)
}

function textBytes(text: string, trail: (string | number)[]): number {
  if (!text.isWellFormed())
    throw refusal(trail, 'holds half of a surrogate pair', 'call toWellFormed() on text that was cut')
  return Buffer.byteLength(text)
}

function numberBytes(number: number, trail: (string | number)[]): number {
  if (!Number.isFinite(number)) throw refusal(trail, `is ${number}, which JSON cannot hold`, 'store it as a string')
  const size = Math.abs(number)
  if (size >= NUMBER_LIMIT || (size > 0 && size < NUMBER_EPSILON))
    throw refusal(trail, `is ${number}, beyond DynamoDB's 1e-130 to 1e126`, 'store it as a string')
  return size === 0 ? 1 : (significantDigits(size) >> 1) + 2 + (number < 0 ? 1 : 0)
}

function significantDigits(number: number): number {
  const mantissa = String(number).replace(/e.*$/, '').replace('.', '')
  return mantissa.replace(/^0+/, '').replace(/0+$/, '').length
}

function refusal(trail: (string | number)[], problem: string, remedy = 'store plain JSON values'): Fault {
  const pointer = trail.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  const errors = [{ pointer, code: 'not_storable', message: problem, remedy }]
  return new Fault('invalid', `${pointer} ${problem}: ${remedy}`, { errors })
}
