import type { MetricLine } from '../../schemas/trainer-contract.ts'
import { change, putOnce } from '../platform/guarded-write.ts'
import type { Platform } from '../platform/ports.ts'
import { type Cursor, chunkDraft, cursorDraft, cursorKey, getCursor, type Source, toCursor } from './metric-store.ts'
import { parseSegment } from './parse-segment.ts'

const maxRowsPerChunk = 200
// Well below the 400 KB of an item, which holds the names too.
const maxChunkBytes = 256 * 1024

export const segmentKey = (folder: string, segment: number) => `${folder}${String(segment).padStart(8, '0')}.jsonl`

/**
 * Reads the segments after the cursor, in order, up to the first that is missing, and returns the cursor. Level-triggered: lost,
 * repeated and concurrent calls change nothing, because chunks are written once by deterministic key and the cursor only moves
 * from the segment it was read at.
 */
export async function ingestSegments(
  platform: Pick<Platform, 'metrics' | 'blobs'>,
  source: Source,
  folder: string,
): Promise<Cursor> {
  let cursor = await getCursor(platform.metrics, source)
  for (;;) {
    const segment = cursor.next_segment
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
    const item = await change(platform.metrics, cursorKey(source), (current) => {
      const before = toCursor(current)
      if (before.next_segment !== segment) return undefined
      return { draft: cursorDraft(source, advance(before, lines, junk)) }
    })
    cursor = toCursor(item)
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
