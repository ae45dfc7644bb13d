import type { MetricLine } from '../../schemas/trainer-contract.ts'
import { putOnce } from '../platform/guarded-write.ts'
import type { Draft, Platform } from '../platform/ports.ts'
import { type Cursor, chunkDraft, getCursor, type Source } from './metric-store.ts'
import { parseSegment } from './parse-segment.ts'

const maxRowsPerChunk = 200
// Well below the 400 KB of an item, which holds the names too.
const maxChunkBytes = 256 * 1024

export const segmentKey = (folder: string, segment: number) => `${folder}${String(segment).padStart(8, '0')}.jsonl`

/**
 * Reads the segments after the cursor, in order, up to the first that is missing, and returns the cursor. Level-triggered: lost,
 * repeated and concurrent calls change nothing, because chunks are written once, in order, by deterministic key, and chunk and
 * cursor follow from the segments alone. With `last`, no segment behind that one is looked for.
 */
export async function ingestSegments(
  platform: Pick<Platform, 'metrics' | 'blobs'>,
  source: Source,
  folder: string,
  last = Number.POSITIVE_INFINITY,
): Promise<Cursor> {
  let cursor = await getCursor(platform.metrics, source)
  while (cursor.next_segment <= last) {
    const segment = cursor.next_segment
    const bytes = await platform.blobs.get(segmentKey(folder, segment))
    if (bytes === undefined) break
    const { lines, junk } = parseSegment(new TextDecoder().decode(bytes))
    cursor = advance(cursor, lines, junk)
    for (const draft of chunksOf(source, segment, lines, cursor)) await putOnce(platform.metrics, draft)
  }
  return cursor
}

/** At least one, which carries the cursor: also a segment that holds nothing was read. */
function chunksOf(source: Source, segment: number, lines: readonly MetricLine[], cursor: Cursor): Draft[] {
  const rows = rowsThatFit(lines)
  const parts = Math.max(1, Math.ceil(lines.length / rows))
  return Array.from({ length: parts }, (_, part) => {
    const own = lines.slice(part * rows, (part + 1) * rows)
    return chunkDraft(source, segment, part, own, part === parts - 1 ? cursor : undefined)
  })
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
