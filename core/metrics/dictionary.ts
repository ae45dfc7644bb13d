import { putOnce } from '../platform/guarded-write.ts'
import { queryAll } from '../platform/paging.ts'
import type { Item, JsonObject, Table } from '../platform/ports.ts'
import { createNameBook, type NameBook, type NameEntry, type RefusedName } from './names-book.ts'

/** Whose names: `attempt` as it stands in sort keys. */
export interface NamesOwner {
  job: string
  attempt: string
}

/** The metrics of an attempt in the order of their numbers, and those that were left out. */
export interface Dictionary {
  entries: readonly NameEntry[]
  refused: readonly RefusedName[]
}

const maxCached = 256
/** Parts never change: what was read once holds. */
const caches = new WeakMap<Table, Map<string, Dictionary>>()

const empty: Dictionary = { entries: [], refused: [] }
const sizeOf = ({ entries, refused }: Dictionary) => entries.length + refused.length
const partKey = (owner: NamesOwner, first: number) => ({
  pk: `JOB#${owner.job}`,
  sk: `D#${owner.attempt}#${String(first).padStart(6, '0')}`,
})

/** With at least `needed` names, where the table has them; all that are stored when `needed` is not given. */
export async function getDictionary(metrics: Table, owner: NamesOwner, needed = Infinity): Promise<Dictionary> {
  const known = cacheOf(metrics).get(cacheKey(owner)) ?? empty
  if (sizeOf(known) >= needed) return known
  const sk = { from: partKey(owner, sizeOf(known)).sk, to: `D#${owner.attempt}#~` }
  let dictionary = known
  for await (const item of queryAll(metrics, { pk: `JOB#${owner.job}`, sk, limit: 1000 }))
    dictionary = joined(dictionary, partOf(item))
  remember(metrics, owner, dictionary)
  return dictionary
}

/** A book of the first names and of the first of those that were left out. */
export function bookOf({ entries, refused }: Dictionary, names = entries.length, left = refused.length): NameBook {
  return createNameBook(entries.slice(0, names), refused.slice(0, left))
}

/**
 * Stores what a book has behind its first `stored` names, once; false when another reader stored
 * something else in their place.
 */
export async function putNames(
  metrics: Table,
  owner: NamesOwner,
  book: NameBook,
  stored: { names: number; refused: number },
  expiresAt: number | undefined,
): Promise<boolean> {
  const part = { entries: book.entries.slice(stored.names), refused: book.refused.slice(stored.refused) }
  if (sizeOf(part) === 0) return true
  const first = stored.names + stored.refused
  const data = {
    names: part.entries.map(({ name, native, derived }) =>
      derived ? [native, name, 1] : name === native ? [native] : [native, name],
    ),
    ...(part.refused.length > 0 && {
      refused: part.refused.map(({ hash, example }) => (example === undefined ? [hash] : [hash, example])),
    }),
  } as JsonObject
  const draft = { ...partKey(owner, first), data, ...(expiresAt !== undefined && { expiresAt }) }
  const { item, created } = await putOnce(metrics, draft)
  if (!created && JSON.stringify(partOf(item)) !== JSON.stringify(part)) return false
  const known = cacheOf(metrics).get(cacheKey(owner)) ?? empty
  if (sizeOf(known) === first) remember(metrics, owner, joined(known, part))
  return true
}

function partOf(item: Item): Dictionary {
  const { names, refused = [] } = item.data as { names: [string, string?, number?][]; refused?: [string, string?][] }
  return {
    entries: names.map(([native, name = native, derived]) => ({
      name,
      native,
      ...(derived && { derived: true as const }),
    })),
    refused: refused.map(([hash, example]) => ({ hash, ...(example !== undefined && { example }) })),
  }
}

const joined = (a: Dictionary, b: Dictionary): Dictionary => ({
  entries: [...a.entries, ...b.entries],
  refused: [...a.refused, ...b.refused],
})

function cacheOf(metrics: Table): Map<string, Dictionary> {
  const cache = caches.get(metrics) ?? new Map<string, Dictionary>()
  caches.set(metrics, cache)
  return cache
}

const cacheKey = (owner: NamesOwner) => `${owner.job}#${owner.attempt}`

function remember(metrics: Table, owner: NamesOwner, dictionary: Dictionary): void {
  const cache = cacheOf(metrics)
  const key = cacheKey(owner)
  cache.delete(key)
  cache.set(key, dictionary)
  const [oldest] = cache.keys()
  if (cache.size > maxCached && oldest !== undefined) cache.delete(oldest)
}
