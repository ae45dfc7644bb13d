import * as z from 'zod'
import { JobId } from '../primitives.ts'
import { Ticket } from '../ticket.ts'
import type { Operation } from './operation.ts'

/** A job's ticket and the key that verifies it: a copy of both is all that anybody needs to check it elsewhere. */
export const TicketAnswer = z.strictObject({ ticket: Ticket, public_key: z.string().describe('SPKI PEM, Ed25519') })

export const ticketOperations = {
  getTicket: {
    method: 'get',
    path: '/v1/jobs/{job}/ticket',
    summary: 'The ticket that preflight issued, and the public key that verifies it',
    scope: 'read',
    params: z.strictObject({ job: JobId }),
    status: 200,
    response: TicketAnswer,
  },
} as const satisfies Record<string, Operation>
