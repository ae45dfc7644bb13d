import * as z from 'zod'
import { Timestamp } from './primitives.ts'

/** Only secrets of this prefix: whoever writes a recipe also chooses the server that its key is sent to. */
const ScorerSecret = z
  .string()
  .regex(
    /^scorer-[a-z0-9][a-z0-9-]{0,100}$/,
    'must be a secret whose name starts with "scorer-", as in scorer-openai: other secrets are never sent to a scorer',
  )

/** HTTPS, or HTTP to this very machine. The path ends before `/chat/completions`. */
const BaseUrl = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .refine((text) => /^https:\/\//.test(text) || /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])([:/]|$)/.test(text), {
    message: 'must start with https:// (http:// only to 127.0.0.1 or localhost), as in https://api.openai.com/v1',
  })
  .refine((text) => !/[?#@]/.test(text), { message: 'must have no user, query or fragment' })

/** A server with an OpenAI-compatible `/chat/completions` that scores answers in [0, 1]. */
export const ScorerEndpoint = z.strictObject({
  provider: z.string().min(1).max(100).describe('for people and reports, for example gemini, deepseek_r1, openai'),
  base_url: BaseUrl,
  model: z.string().min(1).max(200),
  api_key_secret: ScorerSecret,
  temperature: z.number().min(0).max(2).optional().describe('what the server does when absent'),
  prompt: z
    .string()
    .min(1)
    .max(20_000)
    .optional()
    .describe('with {{prompt}}, {{completion}} and {{nonce}}; must ask for {"score": a number from 0 to 1}'),
})

const HitLimit = z.number().gt(0).max(1)

/** The live probe of the scorer and the limits of its cache-hit rate. */
export const ScorerProbe = z.strictObject({
  ...ScorerEndpoint.shape,
  n: z.int().min(2).max(100).default(8).describe('live calls in each round'),
  max_cache_hit_round1: HitLimit.max(0.9).default(0.9).describe('refused at or above'),
  max_cache_hit_round2: HitLimit.max(0.95).default(0.95).describe('refused at or above'),
})

/** One call of a scorer. It holds no key and no text of the answer. */
export const ScorerReceipt = z.strictObject({
  nonce: z.string(),
  at: Timestamp.describe('when the answer came'),
  ms: z.number().describe('latency'),
  attempts: z.int().min(1),
  status: z.int().nullable().describe('of HTTP; null: no answer came'),
  request_id: z.string().nullable().describe("the provider's"),
  prompt_tokens: z.int().nullable(),
  completion_tokens: z.int().nullable(),
  score: z.number().nullable(),
  body_sha256: z.string().nullable(),
  cache_hit: z.string().nullable().describe('the evidence that this answer came from a cache; null: it did not'),
  error: z.string().nullable(),
})

/** The receipts of one probe, stored beside the report that cites their digest. */
export const ScorerReceipts = z.strictObject({
  definition: z.literal('sluice.scorer-receipts/1'),
  round: z.enum(['round1', 'round2']),
  provider: z.string(),
  base_url: z.string(),
  model: z.string(),
  calls: z.array(ScorerReceipt),
})

export type ScorerEndpoint = z.infer<typeof ScorerEndpoint>
export type ScorerProbe = z.infer<typeof ScorerProbe>
export type ScorerReceipt = z.infer<typeof ScorerReceipt>
export type ScorerReceipts = z.infer<typeof ScorerReceipts>
