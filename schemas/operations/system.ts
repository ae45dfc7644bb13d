import * as z from 'zod'
import type { Operation } from './operation.ts'

export const systemOperations = {
  health: {
    method: 'get',
    path: '/healthz',
    summary: 'Is the service up?',
    status: 200,
    response: z.strictObject({ ok: z.literal(true), version: z.string() }),
  },
} as const satisfies Record<string, Operation>
