import * as z from 'zod'
import { JobId, Name, Sha256, Timestamp } from './primitives.ts'
import { Scorer } from './scorer.ts'
import { AttemptEnd, Capacity } from './steps.ts'

/** A pinned evaluation. `digest` covers dataset version, scorer and decoding: scores of different digests are never compared. */
export const Suite = z.strictObject({
  name: Name,
  digest: Sha256,
  dataset: z.strictObject({ name: Name, digest: Sha256, rows: z.int().min(1) }),
  scorer: Scorer,
  max_new_tokens: z.int().min(1),
})

/** What is scored: a base model, alone or with an adapter. */
export const Subject = z.strictObject({
  base_model: z.strictObject({ id: z.string(), digest: Sha256 }),
  adapter: z.strictObject({ manifest_key: z.string(), manifest_digest: Sha256, final_key: z.string() }).optional(),
})

/** One line of `scores-00000.jsonl`. */
export const ScoreLine = z.strictObject({
  index: z.int().min(0),
  correct: z.boolean(),
  extracted: z.string().nullable().describe('null when the response holds no answer in the asked form'),
  expected: z.string(),
})

export const EvaluationSummary = z.strictObject({
  n: z.int().min(0),
  correct: z.int().min(0),
  accuracy: z.number(),
  answered: z.int().min(0).describe('responses that hold an answer in the asked form'),
  truncated: z.int().min(0),
  chat_template_digest: Sha256,
})

export const Evaluation = z.strictObject({
  id: z.string(),
  status: z.enum(['pending', 'scored']),
  suite: Suite,
  subject: Subject,
  requested_by: JobId,
  attempts: z.int().min(0),
  ended: z
    .array(z.strictObject({ capacity: Capacity, ended_by: AttemptEnd.optional() }))
    .optional()
    .describe('how its attempts ended that did not succeed'),
  created_at: Timestamp,
  summary: EvaluationSummary.optional(),
})

/** Two evaluations of one suite, item by item. */
export const Comparison = z.strictObject({
  suite: Name,
  suite_digest: Sha256,
  n: z.int().min(0),
  base: z.strictObject({ evaluation: z.string(), correct: z.int(), accuracy: z.number() }),
  candidate: z.strictObject({ evaluation: z.string(), correct: z.int(), accuracy: z.number() }),
  only_candidate_right: z.int().min(0).describe('discordant pairs won'),
  only_base_right: z.int().min(0).describe('discordant pairs lost'),
  difference: z.number(),
  interval: z.tuple([z.number(), z.number()]).describe('95 % Wald interval of the paired difference'),
  p: z.number().describe("McNemar's exact test, two-sided; 0 when below 1e-120"),
  verdict: z.enum(['better', 'worse', 'inconclusive']).describe('at p < 0.05'),
})

export type Suite = z.infer<typeof Suite>
export type Subject = z.infer<typeof Subject>
export type ScoreLine = z.infer<typeof ScoreLine>
export type EvaluationSummary = z.infer<typeof EvaluationSummary>
export type Evaluation = z.infer<typeof Evaluation>
export type Comparison = z.infer<typeof Comparison>
