/** What an error of the SDK shows of itself. */
interface AwsError {
  name?: string
  code?: string
  $metadata?: { httpStatusCode?: number }
  $retryable?: object
}

/** Names by which AWS's services, the SDK and Node call what passes by itself. HTTP 429 and 5xx pass under any name. */
const PASSING: Record<string, readonly string[]> = {
  throttled: [
    'KmsThrottlingException',
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'SlowDown',
    'ThrottledException',
    'Throttling',
    'ThrottlingException',
    'TooManyRequestsException',
  ],
  // Another write of the same thing was under way.
  raced: ['ReplicatedWriteConflictException', 'TransactionConflictException'],
  broken: [
    'InternalError',
    'InternalFailure',
    'InternalServerError',
    'ServerException',
    'ServiceUnavailable',
    'ServiceUnavailableException',
  ],
  silent: ['AbortError', 'RequestTimeout', 'RequestTimeoutException', 'TimeoutError', 'ETIMEDOUT'],
  unreachable: [
    'EAI_AGAIN',
    'ECONNABORTED',
    'ECONNREFUSED',
    'ECONNRESET',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EPIPE',
  ],
}
const passing = new Set(Object.values(PASSING).flat())

/** Whether a call of any service failed for a reason that passes: then its fault is `busy`. A write may have happened all the same. */
export function isTransient(error: unknown): boolean {
  const { name = '', code = '', $metadata, $retryable } = error as AwsError
  const status = $metadata?.httpStatusCode ?? 0
  return passing.has(name) || passing.has(code) || status === 429 || status >= 500 || $retryable !== undefined
}
