import { createHash } from 'node:crypto'
import type { Blobs, Json } from './ports.ts'

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

/** JSON text with keys sorted by code unit at every level: equal values give equal bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value as Json))
}

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

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  const keys = Object.keys(value).sort()
  return Object.fromEntries(
    keys.filter((key) => value[key] !== undefined).map((key) => [key, sorted(value[key] as Json)]),
  )
}
