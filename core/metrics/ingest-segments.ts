import { isFault } from '../platform/fault.ts'
import { putOnce } from '../platform/guarded-write.ts'
import type { Platform, Table } from '../platform/ports.ts'
import { beginPass, cursorOf, expiring, type Pass, type PassOptions, storePart } from './advance-pass.ts'
import { junkDraft, maxKeptOfAttempt, maxKeptOfSegment } from './junk.ts'
import type { Cursor, Source } from './metric-store.ts'
import { beginSegment, createLineParser, type LineParser, parsePieces } from './parse-lines.ts'
import { putSourceHead, type SourceHead } from './source-head.ts'

export interface IngestOptions extends PassOptions {
  /** No segment behind this one is looked for. */
  last?: number | undefined
}

export const segmentKey = (folder: string, segment: number) => `${folder}${String(segment).padStart(8, '0')}.jsonl`

/**
 * Reads the segments after the cursor, in order, up to the first that is missing, and returns the cursor. Level-triggered: lost,
 * repeated and concurrent calls change nothing, because everything is written once, in order, by deterministic key, and chunk, cursor,
 * names and junk follow from the segments alone.
 */
export async function ingestSegments(
  platform: Pick<Platform, 'metrics' | 'blobs'>,
  source: Source,
  folder: string,
  options: IngestOptions = {},
): Promise<Cursor> {
  const { last = Number.POSITIVE_INFINITY } = options
  const pass = await beginPass(platform.metrics, source, options)
  const parser = createLineParser(pass.progress, pass.book, pass.block)
  while (pass.progress.next_segment <= last && (await ingestNext(platform, pass, parser, folder))) {}
  return cursorOf(pass)
}

/** false when the next segment is not there yet. */
async function ingestNext(
  { metrics, blobs }: Pick<Platform, 'metrics' | 'blobs'>,
  pass: Pass,
  parser: LineParser,
  folder: string,
): Promise<boolean> {
  const { progress, source } = pass
  const segment = progress.next_segment
  beginSegment(parser, Math.min(maxKeptOfSegment, maxKeptOfAttempt - progress.junk_kept))
  const blocks = parsePieces(parser, blobs.read(segmentKey(folder, segment)))
  let part = 0
  try {
    let block = await nextBlock(blocks)
    if (block === 'absent') return false
    if (segment === 0) await putSourceHead(metrics, source, headOf(folder))
    for (; !block.done; block = await blocks.next()) await storePart(metrics, pass, { segment, part: part++ }, false)
  } finally {
    // Closes the file when a part could not be stored.
    await blocks.return(undefined)
  }
  await storeJunk(metrics, pass, parser, segment)
  progress.next_segment += 1
  await storePart(metrics, pass, { segment, part }, true)
  return true
}

async function storeJunk(metrics: Table, pass: Pass, { junk }: LineParser, segment: number): Promise<void> {
  if (junk.length === 0) return
  const lines = junk.map((each) => ({ segment, ...each }))
  await putOnce(metrics, expiring(pass, junkDraft(pass.source, segment, lines)))
}

async function nextBlock(blocks: AsyncGenerator<void>): Promise<IteratorResult<void> | 'absent'> {
  try {
    return await blocks.next()
  } catch (error) {
    if (isFault(error, 'not_found')) return 'absent'
    throw error
  }
}

/** What the folder says of an attempt that nobody prepared: where a stage's folder is named by its algorithm. */
function headOf(folder: string): SourceHead {
  const [, algorithm = 'unknown'] = /\/\d+-([a-z]+)\/attempts\//.exec(folder) ?? []
  return { algorithm, planned_steps: 0, resumed_from_step: 0 }
}
