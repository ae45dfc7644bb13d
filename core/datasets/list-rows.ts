import type { DatasetRow, DatasetVersion } from '../../schemas/dataset.ts'
import { Fault } from '../platform/fault.ts'
import type { PageRequest } from '../platform/paging.ts'
import type { Blobs, Page } from '../platform/ports.ts'
import { dataKey, referenceOf } from './dataset-store.ts'

const windowBytes = 1024 * 1024
/** A page ends here, with at least one row. */
const pageBytes = 1024 * 1024
/** Longer rows are cut. */
const shownBytes = 64 * 1024
const newline = 10

/** Rows in order, from where the page before ended. Fault `invalid` for a cursor of something else. */
export async function listRows(blobs: Blobs, version: DatasetVersion, request: PageRequest): Promise<Page<DatasetRow>> {
  const limit = request.limit ?? 50
  const start = request.cursor === undefined ? { row: 0, offset: 0 } : await readCursor(blobs, version, request.cursor)
  const items: DatasetRow[] = []
  let [offset, shown] = [start.offset, 0]
  for await (const row of rowsFrom(blobs, version, offset)) {
    const cut = row.bytes > shownBytes
    const json = new TextDecoder().decode(cut ? wholeCharacters(row.beginning) : row.beginning)
    items.push({ row: start.row + items.length, bytes: row.bytes, json, cut })
    offset += row.bytes + 1
    shown += row.beginning.length
    if (items.length >= limit || shown >= pageBytes) break
  }
  if (offset >= version.bytes) return { items }
  return { items, cursor: `${start.row + items.length}-${offset}` }
}

/** A row begins after a newline: whatever else a cursor says is refused. */
async function readCursor(blobs: Blobs, version: DatasetVersion, cursor: string) {
  const [, row, offset] = /^(\d{1,15})-(\d{1,15})$/.exec(cursor) ?? []
  const place = { row: Number(row), offset: Number(offset) }
  if (place.offset > 0 && place.offset < version.bytes) {
    const [before] = (await blobs.get(dataKey(version), { start: place.offset - 1, end: place.offset })) ?? []
    if (before === newline) return place
  }
  throw new Fault('invalid', `"${cursor}" is no place between two rows of ${referenceOf(version)}`)
}

/** The rows from a place on, each by its length and its first bytes. */
async function* rowsFrom(blobs: Blobs, version: DatasetVersion, from: number) {
  let [held, bytes] = [new Uint8Array(0), 0]
  for (let start = from; start < version.bytes; start += windowBytes) {
    const piece = await blobs.get(dataKey(version), { start, end: start + windowBytes })
    if (!piece) throw new Fault('corrupt', `the rows of ${referenceOf(version)} are not there`)
    let at = 0
    for (let end = piece.indexOf(newline); end !== -1; end = piece.indexOf(newline, at)) {
      yield { bytes: bytes + end - at, beginning: joined(held, piece.subarray(at, end)) }
      ;[held, bytes] = [new Uint8Array(0), 0]
      at = end + 1
    }
    held = joined(held, piece.subarray(at))
    bytes += piece.length - at
  }
}

function joined(held: Uint8Array<ArrayBuffer>, piece: Uint8Array): Uint8Array<ArrayBuffer> {
  const more = piece.subarray(0, shownBytes - held.length)
  const all = new Uint8Array(held.length + more.length)
  all.set(held)
  all.set(more, held.length)
  return all
}

/** Without the last character, which may be cut. */
function wholeCharacters(beginning: Uint8Array): Uint8Array {
  let end = beginning.length - 1
  while (end > 0 && ((beginning[end] as number) & 0xc0) === 0x80) end -= 1
  return beginning.subarray(0, end)
}
