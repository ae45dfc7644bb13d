// What the services call throttling, and what Node calls an unreachable or silent server.
const PASSING = new Set([
  'TooManyRequestsException',
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestLimitExceeded',
  'KmsThrottlingException',
  'ServiceUnavailableException',
  'ServerException',
  'InternalFailure',
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'AbortError',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** Whether a call failed for a reason that passes: throttled, timed out, unreachable, or a fault of the service. */
export function isTransient(error: unknown): boolean {
  const { name, code, $metadata, $retryable } = error as {
    name?: string
    code?: string
    $metadata?: { httpStatusCode?: number }
    $retryable?: object
  }
  const status = $metadata?.httpStatusCode ?? 0
  return (
    PASSING.has(name ?? '') || PASSING.has(code ?? '') || status === 429 || status >= 500 || $retryable !== undefined
  )
}
