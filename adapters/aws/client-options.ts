// Exponential back-off with full jitter, the SDK's standard mode. Four attempts outlast a throttled second and a failing host; more
// would only hold a caller that gives up after 29 s itself (API Gateway).
const ATTEMPTS = 4
// A TCP and TLS handshake inside a region takes milliseconds: after 1 s the host is gone, another one answers.
const CONNECT_MS = 1000
// Half a second after a first throttled answer, then twice as much each time; each pause is a random part of that.
const BACK_OFF_MS = 3500

/** How long one attempt may take, in ms. */
export const attemptMs = {
  // DynamoDB answers in milliseconds, a page of 1 MB well within a second: what takes 3 s is lost.
  table: 3000,
  // A control plane answers in tens of milliseconds.
  control: 5000,
  // A part of 32 MiB at the 2 MB/s of a bad minute. Only a function with minutes has so much time for one.
  transfer: 20_000,
}

/**
 * What an SDK client of Sluice is made with. `requestMs` bounds one attempt, from sending until the answer begins; a call ends
 * within `longestMs(requestMs)`, throttled ones within seconds.
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

/** How long a call lasts whose every attempt meets silence, in ms. */
export function longestMs(requestMs: number): number {
  return ATTEMPTS * (CONNECT_MS + requestMs) + BACK_OFF_MS
}

/** The attempt of a transfer in a function of this time limit: the call still ends before the function, which then says `busy`. */
export function transferMs(functionSeconds: number): number {
  // Half a second is the function's own: to begin, and to answer.
  const fitting = (functionSeconds * 1000 - 500 - BACK_OFF_MS) / ATTEMPTS - CONNECT_MS
  return Math.min(attemptMs.transfer, Math.floor(fitting))
}
