import type { Draft, Item, JsonObject, Key } from '../../core/platform/ports.ts'

/** A row of `items` as node:sqlite returns it. */
export type Row = {
  pk: string
  sk: string
  gsi1pk: string | null
  gsi1sk: string | null
  gsi2pk: string | null
  gsi2sk: string | null
  expires_at: number | null
  version: number
  size: number
  data: string
  bytes: Uint8Array | null
}

export const COLUMNS = 'pk, sk, gsi1pk, gsi1sk, gsi2pk, gsi2sk, expires_at, version, size, data, bytes'

/** A fresh item: nobody else holds any part of it. */
export function toItem(row: Row): Item {
  const item: Item = { pk: row.pk, sk: row.sk, data: JSON.parse(row.data) as JsonObject, version: row.version }
  if (row.bytes !== null) item.bytes = row.bytes
  const gsi1 = toKey(row.gsi1pk, row.gsi1sk)
  if (gsi1) item.gsi1 = gsi1
  const gsi2 = toKey(row.gsi2pk, row.gsi2sk)
  if (gsi2) item.gsi2 = gsi2
  if (row.expires_at !== null) item.expiresAt = row.expires_at
  return item
}

/** The row of a draft, detached from it: later changes of the draft change nothing. */
export function toRow(draft: Draft, size: number): Row {
  return {
    pk: draft.pk,
    sk: draft.sk,
    gsi1pk: draft.gsi1?.pk ?? null,
    gsi1sk: draft.gsi1?.sk ?? null,
    gsi2pk: draft.gsi2?.pk ?? null,
    gsi2sk: draft.gsi2?.sk ?? null,
    expires_at: draft.expiresAt ?? null,
    version: 1,
    size,
    data: JSON.stringify(draft.data),
    bytes: draft.bytes === undefined ? null : Uint8Array.from(draft.bytes),
  }
}

function toKey(pk: string | null, sk: string | null): Key | undefined {
  return pk === null || sk === null ? undefined : { pk, sk }
}
