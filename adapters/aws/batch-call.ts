import { Fault } from '../../core/platform/fault.ts'
import { isTransient } from './transient.ts'

/**
 * Runs a call of Batch or of its logs; `what` says which, for example `TerminateJob of job "x"`. Fault `busy` when the SDK's
 * retries are used up, else `internal` in AWS's words.
 */
export async function callBatch<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    const { name, message } = error as Error
    if (isTransient(error))
      throw new Fault('busy', `AWS did not serve ${what} (${name}: ${message}); try again later`, { cause: error })
    throw new Fault(
      'internal',
      `AWS refused ${what} (${name}: ${message}); check the deployed queues, definitions and permissions`,
      { cause: error },
    )
  }
}
