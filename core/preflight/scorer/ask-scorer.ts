import type { ScorerEndpoint, ScorerReceipt } from '../../../schemas/scorer-probe.ts'
import { sha256 } from '../../platform/digest.ts'
import { Fault } from '../../platform/fault.ts'
import type { Platform } from '../../platform/ports.ts'
import { type ScorerItem, scorerPrompt } from './prompt.ts'
import { readCompletion } from './read-completion.ts'

const timeoutMs = 60_000
const maxAttempts = 4
const firstPauseMs = 500
const longestPauseMs = 20_000

type Needs = Pick<Platform, 'endpoints' | 'clock' | 'ids'>
type Answer = Awaited<ReturnType<Platform['endpoints']['post']>>

/** One live call with a nonce of its own. 429 and 5xx are asked again, four times in all; every other outcome is the receipt's. */
export async function askScorer(
  platform: Needs,
  scorer: ScorerEndpoint,
  key: string,
  item: ScorerItem,
): Promise<ScorerReceipt> {
  const nonce = platform.ids.next()
  const request = {
    url: `${scorer.base_url.replace(/\/+$/, '')}/chat/completions`,
    headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      model: scorer.model,
      messages: [{ role: 'user', content: scorerPrompt(scorer.prompt, item, nonce) }],
      ...(scorer.temperature !== undefined && { temperature: scorer.temperature }),
    }),
    timeoutMs,
  }
  const draft = { nonce, attempts: 0 }
  for (;;) {
    draft.attempts++
    const answer = await platform.endpoints.post(request).catch(asFault)
    const at = platform.clock.now().toISOString()
    if (answer instanceof Fault) return { ...draft, at, ...unanswered, error: hide(answer.message, key) }
    if (!mayPass(answer.status) || draft.attempts === maxAttempts) return { ...draft, at, ...receiptOf(answer, key) }
    await platform.clock.sleep(pauseMs(draft.attempts, answer.headers['retry-after'], platform.ids.random()))
  }
}

const unanswered = {
  ms: 0,
  status: null,
  request_id: null,
  prompt_tokens: null,
  completion_tokens: null,
  score: null,
  body_sha256: null,
  cache_hit: null,
}

function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  throw error
}

function mayPass(status: number): boolean {
  return status === 429 || status >= 500
}

/** Doubles from half a second, with jitter; what the server asks for when that is longer; never above 20 s. */
function pauseMs(attempt: number, retryAfter: string | undefined, random: number): number {
  const own = firstPauseMs * 2 ** (attempt - 1) * (0.5 + random)
  const asked = Number(retryAfter) * 1000
  return Math.min(longestPauseMs, Math.max(own, asked || 0))
}

function receiptOf({ status, headers, body, ms }: Answer, key: string) {
  const ok = status >= 200 && status < 300
  const read = readCompletion(headers, body)
  return {
    ms,
    status,
    request_id: read.requestId === null ? null : hide(read.requestId, key).slice(0, 200),
    prompt_tokens: ok ? read.promptTokens : null,
    completion_tokens: ok ? read.completionTokens : null,
    score: ok ? read.score : null,
    body_sha256: ok ? sha256(body) : null,
    cache_hit: ok ? read.cacheHit : null,
    error: ok ? null : hide(`HTTP ${status}${messageIn(body)}`, key),
  }
}

/** Only what the server calls its message: the rest may be a page. */
function messageIn(body: string): string {
  try {
    const { error, message = error } = JSON.parse(body) as { error?: { message?: unknown } | string; message?: unknown }
    const said = typeof message === 'object' && message !== null ? (message as { message?: unknown }).message : message
    return typeof said === 'string' ? `: ${said}` : ''
  } catch {
    return ''
  }
}

/** Servers quote the key they refuse. Hidden before the text is cut, so that no half of it is left. */
function hide(text: string, key: string): string {
  return (key === '' ? text : text.replaceAll(key, '***')).slice(0, 300)
}
