import type { ScoreLine } from '../../schemas/evaluation.ts'
import type { ResponseLine } from '../../schemas/trainer-contract.ts'
import { Fault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { getEvaluation, readLinesFrom, responsesKey, scoresKey } from './evaluation-store.ts'

/**
 * The responses after item `after` (-1: from the start) with their scores, in item order; `next` is the last item's index while
 * more follow. Fault `not_found` until the evaluation is scored.
 */
export async function listResponses(
  platform: Pick<Platform, 'table' | 'blobs'>,
  id: string,
  { after, limit }: { after: number; limit: number },
): Promise<{ items: (ResponseLine & ScoreLine)[]; next: string | null }> {
  const { status, summary } = await getEvaluation(platform.table, id)
  if (status !== 'scored' || !summary)
    throw new Fault('not_found', `evaluation ${id} is not scored yet; look again when its job has ended`)
  const [responses, scores] = await Promise.all([
    readLinesFrom<ResponseLine>(platform.blobs, responsesKey(id), after + 1, limit),
    readLinesFrom<ScoreLine>(platform.blobs, scoresKey(id), after + 1, limit),
  ])
  const items = responses.flatMap((response, i) => {
    const score = scores[i]
    return score ? [{ ...response, ...score }] : []
  })
  const last = items.at(-1)?.index
  return { items, next: last !== undefined && last + 1 < summary.n ? String(last) : null }
}
