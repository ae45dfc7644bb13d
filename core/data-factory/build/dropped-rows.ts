import { DroppedRow } from '../../../schemas/build.ts'
import { Fault } from '../../platform/fault.ts'
import type { PageRequest } from '../../platform/paging.ts'
import { parseStored } from '../../platform/parse.ts'
import type { Page, Platform } from '../../platform/ports.ts'
import { droppedKey, getBuild } from './build-store.ts'

const pieceBytes = 256 * 1024
/** A page ends behind the row that passes this, so that an answer fits whatever serves it. */
const mostSent = 4 * pieceBytes
const longestLine = 20 * 1024 * 1024
const newline = 10

/** Rows that a build left out, in the order in which they were. The cursor is a place in the file. */
export async function listDroppedRows(
  platform: Pick<Platform, 'table' | 'blobs'>,
  id: string,
  { limit = 20, cursor }: PageRequest,
): Promise<Page<DroppedRow>> {
  const build = await getBuild(platform.table, id)
  if (build.status !== 'succeeded') return { items: [] }
  const key = droppedKey(id)
  const size = (await platform.blobs.head(key))?.size ?? 0
  let at = placeOf(cursor, size)
  if (!(await startsLine(platform, key, at))) throw badCursor(cursor)
  const items: DroppedRow[] = []
  let sent = 0
  while (at < size && items.length < limit && sent < mostSent) {
    for (const line of await linesFrom(platform, key, at, size)) {
      if (items.length === limit || sent >= mostSent) break
      items.push(parseStored(DroppedRow, line, key))
      at += line.length + 1
      sent += line.length
    }
  }
  return at < size ? { items, cursor: String(at) } : { items }
}

/** Whole lines behind a place; a line longer than a piece is read with more. */
async function linesFrom(
  { blobs }: Pick<Platform, 'blobs'>,
  key: string,
  start: number,
  size: number,
): Promise<Uint8Array[]> {
  for (let length = pieceBytes; ; length *= 4) {
    const end = Math.min(size, start + length)
    const bytes = (await blobs.get(key, { start, end })) ?? new Uint8Array(0)
    const last = bytes.lastIndexOf(newline)
    if (last !== -1) return split(bytes.subarray(0, last))
    if (end === size || length > longestLine)
      throw new Fault('corrupt', `${key} has no line that ends behind byte ${start}`)
  }
}

function split(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  let start = 0
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, start)) {
    lines.push(bytes.subarray(start, at))
    start = at + 1
  }
  lines.push(bytes.subarray(start))
  return lines
}

function placeOf(cursor: string | undefined, size: number): number {
  if (cursor === undefined) return 0
  const place = Number(cursor)
  if (/^\d{1,15}$/.test(cursor) && place <= size) return place
  throw badCursor(cursor)
}

async function startsLine({ blobs }: Pick<Platform, 'blobs'>, key: string, place: number): Promise<boolean> {
  if (place === 0) return true
  const before = await blobs.get(key, { start: place - 1, end: place })
  return before?.[0] === newline
}

const badCursor = (cursor: string | undefined) =>
  new Fault('invalid', `"${cursor}" is not a cursor of this list; start without one`)
