import { Fault, isFault } from '../../core/platform/fault.ts'
import type { PageRequest } from '../../core/platform/paging.ts'
import type { Page } from '../../core/platform/ports.ts'

/** A store's page as the API answers it; the API's `after` is the store's cursor. Fault `invalid` for a cursor of another list. */
export async function toPage<Item>(
  query: { limit: number; after?: string | undefined },
  list: (request: PageRequest) => Promise<Page<Item>>,
): Promise<{ items: Item[]; next: string | null }> {
  try {
    const page = await list({ limit: query.limit, cursor: query.after })
    return { items: page.items, next: page.cursor ?? null }
  } catch (cause) {
    if (query.after === undefined || !isFault(cause, 'invalid')) throw cause
    const message = '`after` is not a cursor of this list'
    const remedy = 'Pass `next` of the page before, or leave `after` out to start over.'
    throw new Fault('invalid', message, {
      errors: [{ pointer: '/query/after', code: 'bad_cursor', message, remedy }],
      cause,
    })
  }
}
