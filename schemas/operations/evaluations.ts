import * as z from 'zod'
import { Evaluation, ScoreLine } from '../evaluation.ts'
import { ResponseLine } from '../trainer-contract.ts'
import { limit, type Operation, page } from './operation.ts'

export const evaluationOperations = {
  getEvaluation: {
    method: 'get',
    path: '/v1/evaluations/{evaluation}',
    summary: 'An evaluation with its summary',
    scope: 'read',
    params: z.strictObject({ evaluation: z.string() }),
    status: 200,
    response: Evaluation,
  },
  listResponses: {
    method: 'get',
    path: '/v1/evaluations/{evaluation}/responses',
    summary: 'Every response with its score, in item order',
    scope: 'read',
    params: z.strictObject({ evaluation: z.string() }),
    query: z.strictObject({ limit, after: z.coerce.number().int().min(-1).default(-1) }),
    status: 200,
    response: page(z.strictObject({ ...ResponseLine.shape, ...ScoreLine.shape })),
  },
} as const satisfies Record<string, Operation>
