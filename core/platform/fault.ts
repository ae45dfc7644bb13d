/** The closed list of reasons a request cannot be served. The code -> HTTP status table lives in functions/api/faults.ts. */
export type FaultCode =
  | 'invalid' // the input breaks a rule; `errors` names every breach
  | 'not_found'
  | 'conflict' // a guard (absent, version, etag) did not hold
  | 'illegal_transition' // the record is in a state that does not allow this
  | 'idempotency_mismatch' // same key, different request
  | 'unauthenticated'
  | 'forbidden'
  | 'too_large'
  | 'unsupported_media_type'
  | 'busy' // retry later: throttled, or a limit is reached
  | 'corrupt' // stored bytes do not match their digest or schema
  | 'internal'

/** One broken rule: where (RFC 6901 JSON pointer into the request or file), which rule, what is wrong, what to do. */
export interface Breach {
  pointer: string
  code: string
  message: string
  remedy: string
}

/** The only error class. `name` equals the code, so that a state machine's `Catch` can match it. */
export class Fault extends Error {
  readonly code: FaultCode
  readonly errors: Breach[]

  constructor(code: FaultCode, message: string, options: { errors?: Breach[]; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = code
    this.code = code
    this.errors = options.errors ?? []
  }
}

/** Fault `invalid` about `what`, with every breach. */
export function invalid(what: string, errors: Breach[]): Fault {
  return new Fault('invalid', `${what}: ${errors.length} problem${errors.length === 1 ? '' : 's'}`, { errors })
}

/** Whether an error is a fault, of this code when one is given. */
export function isFault(error: unknown, code?: FaultCode): error is Fault {
  return error instanceof Fault && (code === undefined || error.code === code)
}
