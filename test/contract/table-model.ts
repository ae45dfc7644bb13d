import type { Draft, Item, Key, TableGuard, TableQuery } from '../../core/platform/ports.ts'

/** The Table port in its simplest form, to compare drivers with: a list, searched from end to end. */
export function createTableModel() {
  let items: Item[] = []

  function stored({ pk, sk }: Key): Item | undefined {
    return items.find((item) => item.pk === pk && item.sk === sk)
  }

  function holds(key: Key, guard: TableGuard): boolean {
    if (guard === 'any') return true
    return stored(key)?.version === (guard === 'absent' ? undefined : guard.version)
  }

  function remove(key: Key): void {
    const gone = stored(key)
    items = items.filter((item) => item !== gone)
  }

  return {
    get: stored,
    put(draft: Draft, guard: TableGuard): Item | 'conflict' {
      if (!holds(draft, guard)) return 'conflict'
      const item = { ...draft, version: (stored(draft)?.version ?? 0) + 1 }
      remove(draft)
      items.push(item)
      return item
    },
    delete(key: Key, guard: TableGuard): 'deleted' | 'conflict' {
      if (!holds(key, guard)) return 'conflict'
      remove(key)
      return 'deleted'
    },
    /** Every item of the query in order, as if there were no pages. */
    query(query: TableQuery): Item[] {
      const keyOf = (item: Item) => (query.index ? item[query.index] : item)
      const found = items.filter((item) => keyOf(item)?.pk === query.pk && inRange(keyOf(item)?.sk ?? '', query.sk))
      found.sort((a, b) => compare(keyOf(a)?.sk, keyOf(b)?.sk) || compare(a.pk, b.pk) || compare(a.sk, b.sk))
      return query.descending ? found.reverse() : found
    },
  }
}

function inRange(sk: string, range: TableQuery['sk']): boolean {
  if (range === undefined) return true
  if ('prefix' in range) return sk.startsWith(range.prefix)
  return compare(sk, range.from ?? '') >= 0 && (range.to === undefined || compare(sk, range.to) <= 0)
}

function compare(a = '', b = ''): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
