import { getEvaluation } from '../../../core/evaluation/evaluation-store.ts'
import { listResponses } from '../../../core/evaluation/list-responses.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { operations } from '../../../schemas/api.ts'
import type { Binder } from '../bind.ts'

/** Evaluations and their responses. */
export function evaluationRoutes(bind: Binder, platform: Pick<Platform, 'table' | 'blobs'>): void {
  bind(operations.getEvaluation, ({ params }) => getEvaluation(platform.table, params.evaluation))
  bind(operations.listResponses, ({ params, query }) => listResponses(platform, params.evaluation, query))
}
