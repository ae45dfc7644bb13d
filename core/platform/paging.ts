import type { BlobInfo, Blobs, Page, Table, TableQuery } from './ports.ts'

/** Every page of a query, one item at a time. */
export async function* queryAll(table: Table, query: Omit<TableQuery, 'cursor'>) {
  let cursor: string | undefined
  do {
    const page = await table.query(cursor === undefined ? query : { ...query, cursor })
    yield* page.items
    cursor = page.cursor
  } while (cursor !== undefined)
}

/** Maps a page's items and keeps its cursor. */
export function mapPage<From, To>(page: Page<From>, map: (item: From) => To): Page<To> {
  const items = page.items.map(map)
  return page.cursor === undefined ? { items } : { items, cursor: page.cursor }
}

export interface PageRequest {
  limit?: number | undefined
  cursor?: string | undefined
}

/** Drops absent fields, as the port's exact optional properties want it. */
export function pageOptions(request: PageRequest): { limit?: number; cursor?: string } {
  return { ...(request.limit && { limit: request.limit }), ...(request.cursor && { cursor: request.cursor }) }
}

/** Every object under a prefix, in key order. */
export async function* queryBlobs(blobs: Pick<Blobs, 'list'>, prefix: string): AsyncGenerator<BlobInfo> {
  let after: string | undefined
  for (;;) {
    const page = await blobs.list(after === undefined ? { prefix } : { prefix, after })
    yield* page.items
    if (page.cursor === undefined) return
    after = page.items.at(-1)?.key
  }
}
