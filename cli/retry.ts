import type { Clock } from './io.ts'

/** One whole answer: what is retried has either all of it or nothing. */
export interface Reply {
  status: number
  headers: Headers
  text: string
}

export interface Patience {
  clock: Clock
  signal?: AbortSignal | undefined
  /** Told before each wait for a busy server. */
  onBusy?: (seconds: number) => void
}

const afterNetworkErrorMs = [100, 300, 900]
const busyBudgetMs = 60_000
const longestBusyWaitMs = 10_000

/**
 * Repeats what must be safe to repeat: after a network error (three times), and after 503 with Retry-After (for a minute at
 * most). Throws the last network error; any other answer is returned.
 */
export async function persist(attempt: () => Promise<Reply>, patience: Patience): Promise<Reply> {
  const { clock, signal } = patience
  let failures = 0
  let waited = 0
  for (;;) {
    const reply = await attempt().catch((error: unknown) => {
      const delay = afterNetworkErrorMs[failures++]
      if (delay === undefined || signal?.aborted || !isNetworkError(error)) throw error
      return delay
    })
    if (typeof reply === 'number') {
      await clock.sleep(reply, signal)
      continue
    }
    const wait = busyWaitMs(reply, clock.now())
    if (wait === undefined || waited + wait > busyBudgetMs) return reply
    waited += wait
    patience.onBusy?.(wait / 1000)
    await clock.sleep(wait, signal)
  }
}

/** fetch's own failures: no connection, connection lost, no answer in time. */
export function isNetworkError(error: unknown): error is Error {
  return error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError')
}

/** For people: the system's reason when there is one. */
export function networkReason(error: Error): string {
  const cause = error.cause as (Error & { code?: string; errors?: (Error & { code?: string })[] }) | undefined
  const innermost = cause?.errors?.[0] ?? cause
  return innermost?.code ?? (innermost?.message || error.message)
}

/** Milliseconds; undefined when the answer does not ask to come back. At least 100, so that "0" is no busy loop. */
function busyWaitMs(reply: Reply, now: Date): number | undefined {
  const header = reply.headers.get('retry-after')
  if (reply.status !== 503 || header === null) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime()
  return Number.isNaN(ms) ? undefined : Math.min(longestBusyWaitMs, Math.max(100, ms))
}
