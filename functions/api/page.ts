import type { Page } from '../../core/platform/ports.ts'

/** A store's page as the API answers it. */
export function toPage<Item>(page: Page<Item>): { items: Item[]; next: string | null } {
  return { items: page.items, next: page.cursor ?? null }
}

/** The API's `after` as a store's cursor. */
export function fromQuery(query: { limit: number; after?: string | undefined }): {
  limit: number
  cursor?: string | undefined
} {
  return { limit: query.limit, cursor: query.after }
}
