import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { Fault, type FaultCode } from '../../core/platform/fault.ts'
import type { Problem } from '../../schemas/problem.ts'

/** The one table from fault code to HTTP status and title. */
const table: Record<FaultCode, { status: ContentfulStatusCode; title: string }> = {
  invalid: { status: 422, title: 'The request breaks a rule' },
  not_found: { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'Changed meanwhile' },
  illegal_transition: { status: 409, title: 'Not possible in the present state' },
  idempotency_mismatch: { status: 422, title: 'Idempotency-Key used for another request' },
  unauthenticated: { status: 401, title: 'Not authenticated' },
  forbidden: { status: 403, title: 'Not allowed' },
  too_large: { status: 413, title: 'Too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  busy: { status: 503, title: 'Busy: try again' },
  corrupt: { status: 422, title: 'Stored bytes are not what they should be' },
  internal: { status: 500, title: 'Internal error' },
}

/** Not the caller's doing: its message, which may name paths and hosts, stays in the log. */
export function isInternal(error: unknown): boolean {
  return !(error instanceof Fault) || error.code === 'internal'
}

/** A fault as RFC 9457. */
export function toProblem(error: unknown, requestId: string): { problem: Problem; status: ContentfulStatusCode } {
  const fault =
    error instanceof Fault && !isInternal(error)
      ? error
      : new Fault('internal', `unexpected error; the server log names it under request ${requestId}`)
  const { status, title } = table[fault.code]
  return {
    status,
    problem: {
      type: `/problems/${fault.code}`,
      title,
      status,
      detail: fault.message,
      instance: requestId,
      errors: fault.errors,
    },
  }
}
