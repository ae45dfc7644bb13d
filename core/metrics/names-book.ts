import { createHash } from 'node:crypto'
import { canonicalOf } from './names.ts'

/** More metrics of one attempt are left out. */
export const maxNames = 1000
/** So many names that are left out are told apart; further ones are not counted. */
const maxRefused = 9000
const maxExamples = 5
const maxNameBytes = 200

export interface NameEntry {
  name: string
  /** As the trainer logs it; how it is computed when it is derived. */
  native: string
  derived?: true
}

export interface RefusedName {
  hash: string
  /** Of the first few. */
  example?: string
}

/** The metrics of one attempt, numbered in the order in which they came: what comes first has a canonical name for itself. */
export interface NameBook {
  entries: NameEntry[]
  refused: RefusedName[]
  slots: Map<string, number>
  taken: Set<string>
  refusedHashes: Set<string>
  /** Number of tokens_per_second when it is derived. */
  derived: number | undefined
}

export function createNameBook(entries: readonly NameEntry[] = [], refused: readonly RefusedName[] = []): NameBook {
  const book: NameBook = {
    entries: [],
    refused: [...refused],
    slots: new Map(),
    taken: new Set(),
    refusedHashes: new Set(refused.map(({ hash }) => hash)),
    derived: undefined,
  }
  for (const entry of entries) addEntry(book, entry)
  return book
}

/** The name under which a trainer's own is known: itself, unless it is too long. */
export function knownName(native: string): string {
  if (3 * native.length <= maxNameBytes && native.isWellFormed()) return native
  const text = native.toWellFormed()
  if (Buffer.byteLength(text) <= maxNameBytes) return text
  return `${text.slice(0, 40).toWellFormed()}~${hashOf(text)}`
}

/** Numbers the new names of one line. Of several for one canonical metric the best gets it, unless an earlier line's has it. */
export function addNames(book: NameBook, names: readonly string[]): void {
  const best = new Map<string, number>()
  for (const native of names) {
    const choice = canonicalOf(native)
    if (choice) best.set(choice.name, Math.min(best.get(choice.name) ?? Infinity, choice.priority))
  }
  for (const native of names) {
    if (book.slots.has(native)) continue
    if (book.entries.length >= maxNames) {
      refuse(book, native)
      continue
    }
    const choice = canonicalOf(native)
    const wins = choice !== undefined && !book.taken.has(choice.name) && best.get(choice.name) === choice.priority
    addEntry(book, { name: wins ? choice.name : freeName(book, native), native })
  }
}

/** Numbers a metric that follows from others; undefined when its name is taken, or there is no room. */
export function addDerived(book: NameBook, name: string, native: string): number | undefined {
  if (book.taken.has(name) || book.entries.length >= maxNames) return undefined
  addEntry(book, { name, native, derived: true })
  return book.derived
}

function addEntry(book: NameBook, entry: NameEntry): void {
  const slot = book.entries.push(entry) - 1
  book.taken.add(entry.name)
  if (entry.derived) book.derived = slot
  else book.slots.set(entry.native, slot)
}

/** Its own, or one that says so where another metric has that. */
function freeName(book: NameBook, native: string): string {
  let name = native
  while (book.taken.has(name)) name = `logged/${name}`
  return name
}

function refuse(book: NameBook, native: string): void {
  if (book.refused.length >= maxRefused) return
  const hash = hashOf(native)
  if (book.refusedHashes.has(hash)) return
  book.refusedHashes.add(hash)
  book.refused.push({ hash, ...(book.refused.length < maxExamples && { example: native }) })
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 8)
