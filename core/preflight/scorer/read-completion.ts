import * as z from 'zod'

const Completion = z.object({
  id: z.string().optional(),
  cached: z.unknown().optional(),
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })).optional(),
  usage: z
    .object({
      prompt_tokens: z.number().optional(),
      completion_tokens: z.number().optional(),
      prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
    })
    .nullish(),
})

export interface CompletionRead {
  requestId: string | null
  promptTokens: number | null
  completionTokens: number | null
  score: number | null
  /** What proves that a cache answered. */
  cacheHit: string | null
}

/** What an OpenAI-compatible answer says; null for what it does not. Never throws. */
export function readCompletion(headers: Record<string, string>, text: string): CompletionRead {
  const body = Completion.safeParse(jsonOf(text)).data
  const { prompt_tokens, completion_tokens } = body?.usage ?? {}
  return {
    requestId: headers['x-request-id'] || body?.id || null,
    promptTokens: wholeOrNull(prompt_tokens),
    completionTokens: wholeOrNull(completion_tokens),
    score: scoreIn(body?.choices?.[0]?.message.content ?? ''),
    cacheHit: hitByHeader(headers) ?? (body ? hitByBody(body) : null),
  }
}

/** A number from 0 to 1: the whole text, `score` of a JSON object, or the last `score: x` in prose. */
export function scoreIn(content: string): number | null {
  const text = content.replace(/^\s*```(?:json)?|```\s*$/g, '').trim()
  const value = jsonOf(text)
  const given = typeof value === 'number' ? value : (value as { score?: unknown } | null | undefined)?.score
  const said = given ?? [...text.matchAll(/\bscore\b["'*`]*\s*[:=]\s*[*`"']*(-?\d+(?:\.\d+)?)/gi)].at(-1)?.[1]
  const score = typeof said === 'number' ? said : typeof said === 'string' && said !== '' ? Number(said) : Number.NaN
  return score >= 0 && score <= 1 ? score : null
}

const hitHeaders = [
  'x-cache',
  'x-cache-status',
  'cf-cache-status',
  'x-proxy-cache',
  'helicone-cache',
  'x-portkey-cache-status',
]

function hitByHeader(headers: Record<string, string>): string | null {
  const hit = hitHeaders.find((name) => /hit/i.test(headers[name] ?? ''))
  if (hit) return `header ${hit} says HIT`
  // LiteLLM sends its key only with an answer from its cache.
  if (headers['x-litellm-cache-key']) return 'header x-litellm-cache-key is set'
  return /^true$/i.test(headers['x-litellm-cache-hit'] ?? '') ? 'header x-litellm-cache-hit says true' : null
}

function hitByBody({ cached, usage }: z.infer<typeof Completion>): string | null {
  if (cached === true) return 'the body says cached: true'
  const known = usage?.prompt_tokens_details?.cached_tokens ?? 0
  const whole = usage?.prompt_tokens ?? 0
  return whole > 0 && known >= whole ? 'the whole prompt came from a cache (cached_tokens)' : null
}

function wholeOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isSafeInteger(value) ? value : null
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
