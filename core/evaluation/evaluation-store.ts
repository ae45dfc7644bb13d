import type { Evaluation, ScoreLine, Subject, Suite } from '../../schemas/evaluation.ts'
import type { ResponseLine } from '../../schemas/trainer-contract.ts'
import { Fault } from '../platform/fault.ts'
import { change, putOnce } from '../platform/guarded-write.ts'
import type { Blobs, Draft, Item, JsonObject, Platform, Table } from '../platform/ports.ts'
import { readLines } from '../platform/read-lines.ts'
import { evaluationId } from './suite.ts'

export const evaluationFolder = (id: string) => `evaluations/${id}/`
export const responsesName = 'responses-00000.jsonl'
export const responsesKey = (id: string) => evaluationFolder(id) + responsesName
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

export async function getEvaluation(table: Table, id: string): Promise<Evaluation> {
  const item = await table.get(key(id))
  if (item) return toEvaluation(item)
  throw new Fault('not_found', `evaluation ${id} does not exist`)
}

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

/** Scores in item order. */
export async function readScores(blobs: Pick<Blobs, 'read'>, id: string): Promise<ScoreLine[]> {
  return readAll<ScoreLine>(blobs, scoresKey(id))
}

export async function readResponses(blobs: Pick<Blobs, 'read'>, id: string): Promise<ResponseLine[]> {
  return readAll<ResponseLine>(blobs, responsesKey(id))
}

async function readAll<Line>(blobs: Pick<Blobs, 'read'>, blobKey: string): Promise<Line[]> {
  const lines: Line[] = []
  for await (const line of readLines(blobs.read(blobKey))) lines.push(JSON.parse(line.text) as Line)
  return lines
}
