import { Fault } from '../../core/platform/fault.ts'

const deepest = 5

/** An error as JSON: name, message, stack, a fault's breaches, its causes and the errors that it gathers. */
export function plainError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, stack, cause } = error
  return {
    name,
    message,
    stack,
    ...(error instanceof Fault && error.errors.length > 0 && { breaches: error.errors }),
    ...(cause !== undefined && depth < deepest && { cause: plainError(cause, depth + 1) }),
    ...(error instanceof AggregateError &&
      depth < deepest && { errors: error.errors.map((each) => plainError(each, depth + 1)) }),
  }
}
