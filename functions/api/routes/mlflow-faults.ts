import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Fault, FaultCode } from '../../../core/platform/fault.ts'
import { isInternal } from '../faults.ts'

/** The one table from fault code to MLflow's error code and its HTTP status. Its client repeats what it gets 408, 429 or 5xx (not 501) for. */
const table: Record<FaultCode, { error_code: string; status: ContentfulStatusCode }> = {
  invalid: { error_code: 'INVALID_PARAMETER_VALUE', status: 400 },
  not_found: { error_code: 'RESOURCE_DOES_NOT_EXIST', status: 404 },
  conflict: { error_code: 'RESOURCE_ALREADY_EXISTS', status: 400 },
  illegal_transition: { error_code: 'INVALID_PARAMETER_VALUE', status: 400 },
  idempotency_mismatch: { error_code: 'INVALID_PARAMETER_VALUE', status: 400 },
  unauthenticated: { error_code: 'UNAUTHENTICATED', status: 401 },
  forbidden: { error_code: 'PERMISSION_DENIED', status: 403 },
  too_large: { error_code: 'INVALID_PARAMETER_VALUE', status: 400 },
  unsupported_media_type: { error_code: 'BAD_REQUEST', status: 400 },
  busy: { error_code: 'TEMPORARILY_UNAVAILABLE', status: 503 },
  corrupt: { error_code: 'DATA_LOSS', status: 500 },
  internal: { error_code: 'INTERNAL_ERROR', status: 500 },
}

export interface MlflowError {
  body: { error_code: string; message: string }
  status: ContentfulStatusCode
}

/** A fault as MLflow's clients read errors: everything that is wrong stands in the message. */
export function toMlflowError(error: unknown, requestId: string): MlflowError {
  if (isInternal(error)) {
    const message = `unexpected error; the server log names it under request ${requestId}`
    return { body: { error_code: 'INTERNAL_ERROR', message }, status: 500 }
  }
  const fault = error as Fault
  const { error_code, status } = table[fault.code]
  const each = fault.errors.map(({ pointer, message, remedy }) => `${pointer || '/'}: ${message}. ${remedy}`)
  return { body: { error_code, message: [fault.message, ...each].join('\n') }, status }
}

/** What Sluice does not do, by name. The client does not repeat 501. */
export function notImplemented(what: string, instead: string): MlflowError {
  return { body: { error_code: 'NOT_IMPLEMENTED', message: `Sluice does not serve ${what}; ${instead}` }, status: 501 }
}
