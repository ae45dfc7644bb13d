import { createHash } from 'node:crypto'
import type jsonata from 'jsonata'
import type { Clock, Ids } from '../../../core/platform/ports.ts'

/** Where `$now`, `$millis`, `$random` and `$uuid` get their answers; bound with every evaluation under `SOURCES`. */
export type Sources = Pick<Clock, 'now'> & Pick<Ids, 'random'>

// No JSONata name can contain a space: expressions cannot reach it.
export const SOURCES = ' sources'

const algorithms: Record<string, string> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
}
const RANGE_ITEMS = 100_000

/** Adds the functions of Step Functions to a compiled expression, and replaces those of JSONata that read clock or chance. */
export function registerFunctions(expression: jsonata.Expression): void {
  expression.registerFunction('partition', partition, '<xn?:a>')
  expression.registerFunction('range', range, '<nnn:a>')
  expression.registerFunction('hash', hash, '<ss:s>')
  expression.registerFunction('parse', (text?: string) => (text === undefined ? undefined : JSON.parse(text)), '<s:x>')
  expression.registerFunction('random', random, '<n?:n>')
  expression.registerFunction('uuid', uuid, '<:s>')
  expression.registerFunction('millis', millis, '<:n>')
  expression.registerFunction('now', now, '<s?s?:s>')
}

function partition(items: unknown, size?: number): unknown[] | undefined {
  if (items === undefined) return undefined
  if (!Array.isArray(items)) throw new Error('$partition: the first argument must be an array')
  const step = size === undefined ? Math.max(1, items.length) : Math.floor(size)
  if (step < 1) throw new Error(`$partition: the chunk size must be at least 1, not ${size}`)
  return Array.from({ length: Math.ceil(items.length / step) }, (_, chunk) =>
    items.slice(chunk * step, (chunk + 1) * step),
  )
}

function range(first?: number, last?: number, step?: number): number[] | undefined {
  if (first === undefined || last === undefined || step === undefined) return undefined
  const [from, to, by] = [Math.floor(first), Math.floor(last), Math.floor(step)]
  if (by === 0) throw new Error(`$range: the step must not be 0 (from ${step})`)
  const length = Math.max(0, Math.floor((to - from) / by) + 1)
  if (length > RANGE_ITEMS) throw new Error(`$range: ${length} items, the limit is ${RANGE_ITEMS}`)
  return Array.from({ length }, (_, index) => from + index * by)
}

function hash(text?: string, algorithm?: string): string | undefined {
  if (text === undefined || algorithm === undefined) return undefined
  const name = algorithms[algorithm]
  if (name === undefined)
    throw new Error(`$hash: algorithm "${algorithm}" is not one of ${Object.keys(algorithms).join(', ')}`)
  return createHash(name).update(text).digest('hex')
}

function random(this: jsonata.Focus, seed?: number): number {
  return seed === undefined ? sources(this).random() : seeded(Math.floor(seed))
}

function uuid(this: jsonata.Focus): string {
  const { random: next } = sources(this)
  const hex = Array.from({ length: 32 }, () => Math.floor(next() * 16).toString(16))
  hex[12] = '4'
  hex[16] = '89ab'[Math.floor(next() * 4)] ?? '8'
  return hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function millis(this: jsonata.Focus): number {
  return sources(this).now().getTime()
}

function now(this: jsonata.Focus, picture?: string, timezone?: string): string {
  const instant = sources(this).now()
  if (picture === undefined && timezone === undefined) return instant.toISOString()
  const format = this.environment.lookup('fromMillis') as {
    implementation(millis: number, picture?: string, timezone?: string): string
  }
  return format.implementation.call(this, instant.getTime(), picture, timezone)
}

function sources(focus: jsonata.Focus): Sources {
  return focus.environment.lookup(SOURCES) as Sources
}

/** One step of mulberry32: the same number for the same seed, as Step Functions promises (its generator is not public). */
function seeded(seed: number): number {
  let bits = (seed + 0x6d2b79f5) | 0
  bits = Math.imul(bits ^ (bits >>> 15), bits | 1)
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
  return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296
}
