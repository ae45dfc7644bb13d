import { Fault } from '../../core/platform/fault.ts'
import { isTransient } from './transient.ts'

/**
 * Runs a call of Step Functions; `what` says which, for example `StopExecution of "x"`. `expected` turns errors that have a
 * meaning, by their name, into answers. Else Fault `busy` when the SDK's retries are used up, or `internal` in AWS's words.
 */
export async function callSfn<T>(
  what: string,
  call: () => Promise<T>,
  expected: Record<string, () => T | Promise<T>> = {},
): Promise<T> {
  try {
    return await call()
  } catch (error) {
    const { name, message } = error as Error
    const answer = Object.hasOwn(expected, name) ? expected[name] : undefined
    if (answer) return answer()
    // A million open executions: some must end first.
    if (isTransient(error) || name === 'ExecutionLimitExceeded')
      throw new Fault('busy', `Step Functions did not serve ${what} (${name}: ${message}); try again later`, {
        cause: error,
      })
    throw new Fault(
      'internal',
      `Step Functions refused ${what} (${name}: ${message}); check the deployed machines and permissions`,
      { cause: error },
    )
  }
}
