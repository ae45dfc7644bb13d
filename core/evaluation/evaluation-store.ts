import type { Evaluation, ScoreLine, Subject, Suite } from '../../schemas/evaluation.ts'
import { Fault } from '../platform/fault.ts'
import { change, putOnce } from '../platform/guarded-write.ts'
import type { Blobs, Draft, Item, JsonObject, Platform, Table } from '../platform/ports.ts'
import { readLines } from '../platform/read-lines.ts'
import { evaluationId } from './suite.ts'

export const evaluationFolder = (id: string) => `evaluations/${id}/`
export const responsesName = 'responses-00000.jsonl'
export const responsesKey = (id: string) => evaluationFolder(id) + responsesName
export const manifestKey = (id: string) => `${evaluationFolder(id)}manifest.json`
export const scoresKey = (id: string) => `${evaluationFolder(id)}scores-00000.jsonl`

const key = (id: string) => ({ pk: `EVAL#${id}`, sk: '-' })
const toDraft = (evaluation: Evaluation): Draft => ({
  ...key(evaluation.id),
  data: evaluation as unknown as JsonObject,
})
const toEvaluation = (item: Item) => item.data as unknown as Evaluation

/** The evaluation of this subject on this suite; created when nobody asked for it before. */
export async function openEvaluation(
  platform: Pick<Platform, 'table' | 'clock'>,
  suite: Suite,
  subject: Subject,
  job: string,
): Promise<Evaluation> {
  const evaluation: Evaluation = {
    id: evaluationId(suite, subject),
    status: 'pending',
    suite,
    subject,
    requested_by: job,
    attempts: 0,
    created_at: platform.clock.now().toISOString(),
  }
  return toEvaluation((await putOnce(platform.table, toDraft(evaluation))).item)
}

/** Fault `not_found`. */
export async function getEvaluation(table: Table, id: string): Promise<Evaluation> {
  const item = await table.get(key(id))
  if (item) return toEvaluation(item)
  throw new Fault('not_found', `evaluation ${id} does not exist`)
}

/** Writes what `patch` makes of the evaluation; undefined leaves it as it is. Fault `not_found`. */
export async function changeEvaluation(
  table: Table,
  id: string,
  patch: (evaluation: Evaluation) => Evaluation | undefined,
): Promise<Evaluation> {
  const item = await change(table, key(id), (current) => {
    if (!current) throw new Fault('not_found', `evaluation ${id} does not exist`)
    const next = patch(toEvaluation(current))
    return next && { draft: toDraft(next) }
  })
  return toEvaluation(item as Item)
}

/** All scores in item order. */
export async function readScores(blobs: Pick<Blobs, 'read'>, id: string): Promise<ScoreLine[]> {
  return readLinesFrom<ScoreLine>(blobs, scoresKey(id), 0, Number.POSITIVE_INFINITY)
}

/** At most `limit` lines of a scored evaluation's file, from line `start` (from 0); reads no further than it must. */
export async function readLinesFrom<Line>(
  blobs: Pick<Blobs, 'read'>,
  blobKey: string,
  start: number,
  limit: number,
): Promise<Line[]> {
  const lines: Line[] = []
  for await (const { number, text } of readLines(blobs.read(blobKey))) {
    if (number <= start) continue
    lines.push(JSON.parse(text) as Line)
    if (lines.length >= limit) break
  }
  return lines
}
