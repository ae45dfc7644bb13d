import type { BusinessEvent } from './business-events.ts'
import { Fault } from './fault.ts'
import type { Draft, Key, TableQuery } from './ports.ts'
import { jsonBytes } from './table-json.ts'

// DynamoDB's limits, which every driver of the Table port keeps.

/** A page of a query ends here, with at least one item. */
export const PAGE_BYTES = 1024 * 1024
const ITEM_BYTES = 400 * 1024
const PK_BYTES = 2048
const SK_BYTES = 1024
/** Every stored item names the write that made it: how a driver knows its own write after a lost answer. */
export const WRITE_TOKEN_LENGTH = 16

/** Size of the item and the event stored with it, by DynamoDB's rule. Faults: `invalid` naming the path, `too_large`. */
export function checkDraft(draft: Draft, event: BusinessEvent | undefined): number {
  let bytes = 'pksk'.length + checkKey(draft, '') + 'version'.length + 3 + 'token'.length + WRITE_TOKEN_LENGTH
  bytes += 'data'.length + jsonBytes(draft.data, 'data')
  if (draft.bytes !== undefined) bytes += 'bytes'.length + binaryBytes(draft.bytes)
  if (draft.gsi1 !== undefined) bytes += 'gsi1pkgsi1sk'.length + checkKey(draft.gsi1, 'gsi1.')
  if (draft.gsi2 !== undefined) bytes += 'gsi2pkgsi2sk'.length + checkKey(draft.gsi2, 'gsi2.')
  if (draft.expiresAt !== undefined) bytes += 'expiresAt'.length + expiryBytes(draft.expiresAt)
  if (event !== undefined) bytes += 'event'.length + eventBytes(event)
  if (bytes <= ITEM_BYTES) return bytes
  throw new Fault(
    'too_large',
    `item ${draft.pk} / ${draft.sk} has ${bytes} bytes, at most ${ITEM_BYTES} fit: move data to a blob`,
  )
}

/** Bytes of both parts. Fault `invalid` when a part is empty, too long or not Unicode text. */
export function checkKey(key: Key, owner: string): number {
  return keyBytes(key.pk, `${owner}pk`, PK_BYTES) + keyBytes(key.sk, `${owner}sk`, SK_BYTES)
}

/** The page size. Fault `invalid` for a key or a limit out of range. */
export function checkQuery(query: TableQuery): number {
  keyBytes(query.pk, 'pk', PK_BYTES)
  for (const [name, bound] of Object.entries(query.sk ?? {})) if (bound) keyBytes(bound, `sk.${name}`, SK_BYTES)
  const limit = query.limit ?? 100
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit
  throw new Fault('invalid', `query limit ${limit} must be a whole number from 1 to 1000`)
}

function keyBytes(part: string, name: string, most: number): number {
  const bytes = Buffer.byteLength(part)
  if (bytes === 0) throw new Fault('invalid', `${name} is empty: a key part has 1 to ${most} bytes`)
  if (bytes > most)
    throw new Fault('invalid', `${name} has ${bytes} bytes, at most ${most}: ${JSON.stringify(part.slice(0, 80))}`)
  if (!part.isWellFormed())
    throw new Fault('invalid', `${name} holds half of a surrogate pair: ${JSON.stringify(part.slice(0, 80))}`)
  // DynamoDB takes NUL, node:sqlite reads text up to the first one only: what one driver refuses, all do.
  if (part.includes('\0'))
    throw new Fault('invalid', `${name} holds a NUL character: ${JSON.stringify(part.slice(0, 80))}`)
  return bytes
}

// Stored as a map of texts, `data` as JSON text.
function eventBytes(event: BusinessEvent): number {
  jsonBytes(event.data, 'event')
  return jsonBytes({ ...event, data: JSON.stringify(event.data) }, 'event')
}

function binaryBytes(bytes: unknown): number {
  if (bytes instanceof Uint8Array) return bytes.byteLength
  throw new Fault('invalid', 'bytes must be a Uint8Array')
}

function expiryBytes(expiresAt: number): number {
  if (Number.isSafeInteger(expiresAt) && expiresAt >= 0) return 6
  throw new Fault('invalid', `expiresAt ${expiresAt} must be whole seconds since 1970`)
}
