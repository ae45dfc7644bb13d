import type { MetricLine } from '../../schemas/trainer-contract.ts'
import { isFault } from '../platform/fault.ts'
import { putOnce } from '../platform/guarded-write.ts'
import type { Draft, Item, Platform, Table } from '../platform/ports.ts'
import { type Cursor, chunkDraft, cursorDraft, cursorKey, type Source, toCursor } from './metric-store.ts'
import { parseSegment } from './parse-segment.ts'

const maxRowsPerChunk = 200
// Well below the 400 KB of an item, which holds the names too.
const maxChunkBytes = 256 * 1024

export const segmentKey = (folder: string, segment: number) => `${folder}${String(segment).padStart(8, '0')}.jsonl`

/**
 * Reads the segments after the cursor, in order, up to the first that is missing, and returns the cursor. Level-triggered: lost,
 * repeated and concurrent calls change nothing, because chunks are written once by deterministic key and the cursor only moves
 * from the segment it was read at. With `last`, no segment behind that one is looked for.
 */
export async function ingestSegments(
  platform: Pick<Platform, 'metrics' | 'blobs'>,
  source: Source,
  folder: string,
  last = Number.POSITIVE_INFINITY,
): Promise<Cursor> {
  let item = await platform.metrics.get(cursorKey(source))
  for (;;) {
    const cursor = toCursor(item)
    const segment = cursor.next_segment
    if (segment > last) return cursor
    const bytes = await platform.blobs.get(segmentKey(folder, segment))
    if (bytes === undefined) return cursor
    const { lines, junk } = parseSegment(new TextDecoder().decode(bytes))
    const rowsPerChunk = rowsThatFit(lines)
    for (let part = 0; part * rowsPerChunk < lines.length; part++) {
      await putOnce(
        platform.metrics,
        chunkDraft(source, segment, part, lines.slice(part * rowsPerChunk, (part + 1) * rowsPerChunk)),
      )
    }
    item = await moved(platform.metrics, item, cursorDraft(source, advance(cursor, lines, junk)))
  }
}

/** The cursor as written, from the one that was read before; as somebody faster wrote it, when there is one. */
async function moved(metrics: Table, from: Item | undefined, draft: Draft): Promise<Item | undefined> {
  try {
    return await metrics.put(draft, from === undefined ? 'absent' : { version: from.version })
  } catch (error) {
    if (!isFault(error, 'conflict')) throw error
    return metrics.get(draft)
  }
}

/** Chunks have the same borders whoever cuts them, because only the segment decides. */
function rowsThatFit(lines: readonly MetricLine[]): number {
  const columns = new Set(lines.flatMap((line) => Object.keys(line.data))).size
  const rowBytes = 9 * (columns + 1)
  return Math.max(1, Math.min(maxRowsPerChunk, Math.floor(maxChunkBytes / rowBytes)))
}

/** The cursor after one more segment. Pure. */
export function advance(cursor: Cursor, lines: readonly MetricLine[], junk: number): Cursor {
  const next: Cursor = {
    ...cursor,
    next_segment: cursor.next_segment + 1,
    junk_lines: cursor.junk_lines + junk,
    latest: { ...cursor.latest },
  }
  for (const line of lines) {
    next.contiguous &&= next.last_step === null || line.step === next.last_step + 1
    next.first_step ??= line.step
    next.last_step = line.step
    next.points += Object.keys(line.data).length
    Object.assign(next.latest, line.data)
  }
  return next
}
