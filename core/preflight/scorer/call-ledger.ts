import type { ScorerReceipt } from '../../../schemas/scorer-probe.ts'

export interface CallCounts {
  total: number
  failed: number
  hits: number
  misses: number
  /** Of the last call that was billed and came from no cache. */
  lastRealAt: string | null
}

/**
 * The calls with what only their neighbours show: an id that the provider has used before, or the same bytes for another nonce. Either
 * means that nobody thought about this prompt.
 */
export function markRepeats(calls: readonly ScorerReceipt[], earlier: readonly ScorerReceipt[] = []): ScorerReceipt[] {
  const ids = new Set(earlier.map((call) => call.request_id))
  const bodies = new Set(earlier.map((call) => call.body_sha256))
  return calls.map((call) => {
    const { request_id, body_sha256 } = call
    if (call.error !== null) return call
    const repeat =
      request_id !== null && ids.has(request_id)
        ? `request id ${request_id} was given before`
        : body_sha256 !== null && bodies.has(body_sha256)
          ? 'the answer to another nonce had the same bytes'
          : null
    ids.add(request_id)
    bodies.add(body_sha256)
    return { ...call, cache_hit: call.cache_hit ?? repeat }
  })
}

/** Hits and misses of the calls that were answered. */
export function countCalls(calls: readonly ScorerReceipt[]): CallCounts {
  const answered = calls.filter((call) => call.error === null)
  const real = answered.filter(isReal).map((call) => call.at)
  return {
    total: calls.length,
    failed: calls.length - answered.length,
    hits: answered.filter((call) => call.cache_hit !== null).length,
    misses: answered.filter((call) => call.cache_hit === null).length,
    lastRealAt: real.toSorted().at(-1) ?? null,
  }
}

/** What is wrong with a call of the probe, one line each; none when it was live, billed and scored. */
export function callProblems(call: ScorerReceipt): string[] {
  if (call.error !== null) return [call.error]
  const problems: string[] = []
  if (!(call.ms > 0)) problems.push(`latency ${call.ms} ms is not above 0`)
  if (call.request_id === null) problems.push('no request id: neither header x-request-id nor id in the body')
  if (!isBilled(call)) problems.push(`usage ${call.prompt_tokens} + ${call.completion_tokens} tokens is not billable`)
  if (call.score === null) problems.push('no score from 0 to 1 in the answer')
  return problems
}

function isReal(call: ScorerReceipt): boolean {
  return call.cache_hit === null && call.ms > 0 && isBilled(call)
}

function isBilled({ prompt_tokens, completion_tokens }: ScorerReceipt): boolean {
  return (prompt_tokens ?? 0) > 0 && (completion_tokens ?? 0) > 0
}
