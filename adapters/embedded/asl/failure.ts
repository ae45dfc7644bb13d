/** A state's error as `Retry`, `Catch` and the execution's end see it. Anything else that is thrown is a defect of the interpreter. */
export class StateFailure extends Error {
  readonly error: string

  constructor(error: string, cause: string) {
    super(cause)
    this.name = 'StateFailure'
    this.error = error
  }
}

/** The States.* names that a `Retry` or `Catch` may list. */
export const catchableErrors = new Set([
  'States.ALL',
  'States.TaskFailed',
  'States.Timeout',
  'States.HeartbeatTimeout',
  'States.QueryEvaluationError',
  'States.DataLimitExceeded',
])

const timeouts = new Set(['States.Timeout', 'States.HeartbeatTimeout'])
// Not even States.ALL stands for these; States.DataLimitExceeded can still be named.
const terminal = new Set(['States.DataLimitExceeded', 'States.Runtime'])

/** Whether an `ErrorEquals` list stands for the error. */
export function matchesError(errorEquals: string[], error: string): boolean {
  if (error === 'States.Runtime') return false
  return errorEquals.some((name) => matchesName(name, error))
}

function matchesName(name: string, error: string): boolean {
  if (name === error) return true
  if (name === 'States.Timeout') return timeouts.has(error)
  if (terminal.has(error)) return false
  return name === 'States.ALL' || (name === 'States.TaskFailed' && !timeouts.has(error))
}
