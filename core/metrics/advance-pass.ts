import { putOnce } from '../platform/guarded-write.ts'
import type { Draft, Table } from '../platform/ports.ts'
import { keepLatest, type Progress } from './advance.ts'
import { type Block, createBlock, takeRows } from './advance-block.ts'
import { bookOf, type Dictionary, getDictionary, putNames } from './dictionary.ts'
import { type Cursor, chunkDraft, getTail, namesOwner, type Source, toCursor } from './metric-store.ts'
import type { NameBook } from './names-book.ts'
import type { Oddities, OpenWatcher, Watcher } from './watcher.ts'

export interface PassOptions {
  open?: OpenWatcher | undefined
  /** Epoch seconds, of everything that is stored. */
  expiresAt?: number | undefined
}

/** One reader's way through the rows of an attempt, from the newest whole segment on. */
export interface Pass {
  source: Source
  options: PassOptions
  progress: Progress
  book: NameBook
  /** How many names the dictionary has. */
  stored: { names: number; refused: number }
  block: Block
  state: Uint8Array | undefined
  watcher: Watcher | undefined
}

/** Names are needed as long as the youngest chunk that uses them, and attempts run for weeks. */
const namesLiveLongerSeconds = 60 * 86_400

/** From what the newest whole segment left; with `allNames` of others too, whose rows are not stored yet. */
export async function beginPass(
  metrics: Table,
  source: Source,
  options: PassOptions & { allNames?: boolean },
): Promise<Pass> {
  const tail = await getTail(metrics, source)
  const needed = options.allNames ? Number.POSITIVE_INFINITY : tail.names + tail.refused
  const dictionary = await getDictionary(metrics, namesOwner(source), needed)
  const book = options.allNames ? bookOf(dictionary) : bookOf(dictionary, tail.names, tail.refused)
  return {
    source,
    options,
    progress: { ...tail.progress, latest: new Map(tail.progress.latest) },
    book,
    stored: { names: book.entries.length, refused: book.refused.length },
    block: createBlock(),
    state: tail.state,
    watcher: undefined,
  }
}

/** Stores the block's rows as a part of a segment, once, and empties the block. The last part carries the cursor. */
export async function storePart(
  metrics: Table,
  pass: Pass,
  place: { segment: number; part: number },
  isLast: boolean,
): Promise<void> {
  const draft = await partDraft(metrics, pass, place, isLast)
  if (draft) await putOnce(metrics, draft)
}

/** The part, when all that it refers to is stored; undefined when another reader numbered other names. */
export async function partDraft(
  metrics: Table,
  pass: Pass,
  place: { segment: number; part: number },
  isLast: boolean,
): Promise<Draft | undefined> {
  const { source, options, progress, book, block, stored } = pass
  keepLatest(progress, block)
  const rows = takeRows(block, book)
  pass.watcher ??= await options.open?.(source, pass.state)
  await pass.watcher?.observe(rows.columns, odditiesOf(pass))
  const namesExpireAt = options.expiresAt === undefined ? undefined : options.expiresAt + namesLiveLongerSeconds
  if (!(await putNames(metrics, namesOwner(source), book, stored, namesExpireAt))) return undefined
  pass.stored = { names: book.entries.length, refused: book.refused.length }
  if (isLast) pass.state = pass.watcher?.state() ?? pass.state
  const tail = { progress, names: book.entries.length, refused: book.refused.length, state: pass.state }
  return expiring(pass, chunkDraft(source, place, rows, isLast ? tail : undefined))
}

export function expiring({ options: { expiresAt } }: Pass, draft: Draft): Draft {
  return expiresAt === undefined ? draft : { ...draft, expiresAt }
}

export function cursorOf({ progress, book, state }: Pass): Cursor {
  const dictionary: Dictionary = book
  return toCursor({ progress, names: book.entries.length, refused: book.refused.length, state }, dictionary)
}

function odditiesOf({ progress, book }: Pass): Oddities {
  const { junk_lines, backward_steps, type_changes } = progress
  const examples = book.refused.flatMap(({ example }) => example ?? [])
  return { junk_lines, backward_steps, type_changes, refused_names: { count: book.refused.length, examples } }
}
