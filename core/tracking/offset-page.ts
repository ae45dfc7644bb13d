import { Fault } from '../platform/fault.ts'

/** Part of a list that is made anew for every page. Fault `invalid` for a size or a token that is none. */
export function pageOf<T>(
  all: readonly T[],
  { limit, most, token }: { limit: number; most: number; token: string },
): { items: T[]; next: string | undefined } {
  if (!(limit >= 1 && limit <= most)) throw new Fault('invalid', `max_results must be 1 to ${most}, not ${limit}`)
  if (!/^(\d{1,9})?$/.test(token))
    throw new Fault('invalid', `page_token "${token.slice(0, 40)}" is none that a page before gave; start without one`)
  const start = Number(token)
  const end = start + limit
  return { items: all.slice(start, end), next: end < all.length ? String(end) : undefined }
}
