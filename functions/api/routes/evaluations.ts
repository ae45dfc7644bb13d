import { getEvaluation, readResponses, readScores } from '../../../core/evaluation/evaluation-store.ts'
import { Fault } from '../../../core/platform/fault.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { operations } from '../../../schemas/api.ts'
import type { Binder } from '../bind.ts'

export function evaluationRoutes(bind: Binder, platform: Platform): void {
  bind(operations.getEvaluation, ({ params }) => getEvaluation(platform.table, params.evaluation))
  bind(operations.listResponses, async ({ params, query }) => {
    const evaluation = await getEvaluation(platform.table, params.evaluation)
    if (evaluation.status !== 'scored') throw new Fault('not_found', `evaluation ${evaluation.id} is not scored yet`)
    const [responses, scores] = await Promise.all([
      readResponses(platform.blobs, evaluation.id),
      readScores(platform.blobs, evaluation.id),
    ])
    const start = query.after + 1
    const items = scores
      .slice(start, start + query.limit)
      .map((score, i) => ({ ...(responses[start + i] as (typeof responses)[number]), ...score }))
    const last = items.at(-1)?.index
    return { items, next: last !== undefined && last + 1 < scores.length ? String(last) : null }
  })
}
