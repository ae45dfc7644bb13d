import { Fault, isFault } from '../platform/fault.ts'
import type { Platform, Table } from '../platform/ports.ts'
import { keepRow } from './advance.ts'
import { isFull } from './advance-block.ts'
import { beginPass, cursorOf, type Pass, type PassOptions, partDraft } from './advance-pass.ts'
import { type Cursor, getCursor, type Source } from './metric-store.ts'
import { isStep } from './parse-row.ts'
import { toMilliseconds } from './parse-time.ts'
import { putSourceHead } from './source-head.ts'

/** A row that did not come in a segment's file. */
export interface LogLine {
  step: number
  /** Epoch milliseconds, or NaN. */
  time: number
  data: Record<string, number>
}

const maxRounds = 16

/**
 * Stores rows that come by HTTP behind all that the attempt has, and returns the cursor. Each chunk is a segment of its own, written
 * once: two callers at the same time both store their rows, in either order. Faults `invalid` for a step, `busy` when others were
 * faster again and again.
 */
export async function appendRows(
  platform: Pick<Platform, 'metrics'>,
  source: Source,
  lines: readonly LogLine[],
  options: PassOptions = {},
): Promise<Cursor> {
  checkSteps(lines)
  let cursor: Cursor | undefined
  for (let from = 0; from < lines.length; ) {
    const { pass, next } = await appendSome(platform.metrics, source, lines, from, options)
    cursor = cursorOf(pass)
    from = next
  }
  return cursor ?? getCursor(platform.metrics, source)
}

/** As many rows as fit one chunk, from `from` on. */
async function appendSome(
  metrics: Table,
  source: Source,
  lines: readonly LogLine[],
  from: number,
  options: PassOptions,
): Promise<{ pass: Pass; next: number }> {
  for (let round = 0; round < maxRounds; round++) {
    const pass = await beginPass(metrics, source, { ...options, allNames: true })
    const segment = pass.progress.next_segment
    if (segment === 0) await putSourceHead(metrics, source, unknownHead)
    let next = from
    for (; next < lines.length && !isFull(pass.block); next++) keepLine(pass, lines[next] as LogLine)
    pass.progress.next_segment += 1
    const draft = await partDraft(metrics, pass, { segment, part: 0 }, true)
    if (draft && (await isPutFirst(metrics, draft))) return { pass, next }
  }
  throw new Fault('busy', `metrics of ${source.job} were written by others ${maxRounds} times in between; try again`)
}

const unknownHead = { algorithm: 'unknown', planned_steps: 0, resumed_from_step: 0 }

function keepLine({ progress, book, block }: Pass, { step, time, data }: LogLine): void {
  const row = { step, time: toMilliseconds(time), natives: Object.keys(data), values: Object.values(data) }
  keepRow(progress, book, block, row)
}

async function isPutFirst(metrics: Table, draft: Parameters<Table['put']>[0]): Promise<boolean> {
  try {
    await metrics.put(draft, 'absent')
    return true
  } catch (error) {
    if (isFault(error, 'conflict')) return false
    throw error
  }
}

function checkSteps(lines: readonly LogLine[]): void {
  const errors = lines.flatMap(({ step }, i) => {
    if (isStep(step)) return []
    const message = `step ${step} is no whole number from 0 to 2^53`
    return { pointer: `/${i}/step`, code: 'bad_step', message, remedy: 'count steps from 0 or 1' }
  })
  if (errors.length > 0) throw new Fault('invalid', 'rows with a step that is none', { errors: errors.slice(0, 100) })
}
