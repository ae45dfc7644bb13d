import { createHash } from 'node:crypto'
import type { Blobs } from './ports.ts'

/** Lower-case hex SHA-256 of bytes, or of a string's UTF-8 bytes. */
export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex')
}

/** SHA-256 and size of a stored object, streamed. Fault `not_found` when absent. */
export async function sha256OfBlob(blobs: Pick<Blobs, 'read'>, key: string): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const piece of blobs.read(key)) {
    hash.update(piece)
    size += piece.length
  }
  return { sha256: hash.digest('hex'), size }
}

/** JSON text with keys sorted by code unit at every level, undefined fields left out: equal values give equal bytes. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value ?? null)
  // Text at once: an object would put keys that look like numbers first, whatever the order they were added in.
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  const sorted = fields.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`
}

/** SHA-256 of a value's canonical JSON. */
export function digestJson(value: unknown): string {
  return sha256(canonicalJson(value))
}

/** 20 characters of [a-z0-9] from any text: a deterministic id. */
export function deterministicId(text: string): string {
  return BigInt(`0x${sha256(text)}`)
    .toString(36)
    .padStart(50, '0')
    .slice(-20)
}
