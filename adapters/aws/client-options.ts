// Exponential back-off with full jitter, the SDK's standard mode. Four attempts outlast a throttled second and a failing host; more
// would only hold a caller that gives up after 29 s itself (API Gateway).
const ATTEMPTS = 4
// A TCP and TLS handshake inside a region takes milliseconds: after 1 s the host is gone, another one answers.
const CONNECT_MS = 1000

/**
 * What an SDK client of Sluice is made with. `requestMs` bounds one attempt, from sending to the whole answer; a call ends within
 * 4 x (1 s + requestMs) and at most 3.5 s of back-off.
 */
export function clientOptions(requestMs: number) {
  return {
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: requestMs,
      // Without it the SDK only logs that the time is up, and waits on.
      throwOnRequestTimeout: true,
    },
  }
}
