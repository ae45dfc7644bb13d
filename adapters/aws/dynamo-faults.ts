import { Fault, isFault } from '../../core/platform/fault.ts'
import { isTransient } from './transient.ts'

/** What the SDK throws, as far as a driver looks at it. */
export interface AwsError extends Error {
  code?: string
  $metadata?: { attempts?: number }
}

/**
 * The Fault of what DynamoDB or the way to it answered, after the SDK's own retries: `busy` (throttled, timed out, unreachable: a write
 * may have happened), `too_large`, `invalid` for what DynamoDB calls invalid in the caller's `given`, else `internal`.
 */
export function dynamoFault(error: unknown, tableName: string, call: string, given?: string): Fault {
  if (isFault(error)) return error
  const { name, message, code, $metadata } = error as AwsError
  const what = `${call} on table ${tableName}`
  const fault = (kind: 'busy' | 'internal' | 'invalid' | 'too_large', text: string) =>
    new Fault(kind, text, { cause: error })

  if (isTransient(error))
    return fault('busy', `${what}: ${code ?? name} after ${$metadata?.attempts ?? 1} attempts; try again later`)
  if (name === 'ResourceNotFoundException')
    return fault(
      'internal',
      `table ${tableName} or an index of it does not exist in this account and region: deploy it`,
    )
  if (name !== 'ValidationException') return fault('internal', `${what} failed: ${name}: ${message}`)
  if (/Item size.* exceeded/.test(message))
    return fault('too_large', `${given ?? what}: DynamoDB counts more than 400 KB: move data to a blob`)
  if (given === undefined) return fault('internal', `${what} was refused: ${message}`)
  return fault('invalid', `${given}: DynamoDB refuses it: ${message}`)
}
