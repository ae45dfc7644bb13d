import * as z from 'zod'
import { DatasetReference } from './dataset-reference.ts'

const off = z.literal(false)
const Share = z.number().min(0).max(1)

export const Normalise = z.strictObject({
  unicode: z.enum(['NFC', 'NFKC', 'none']).default('NFC'),
  mojibake: z.boolean().default(true).describe('UTF-8 that was read as Windows-1252 is read again'),
  control_characters: z.boolean().default(true).describe('taken out, but for tabs and newlines'),
  whitespace: z
    .boolean()
    .default(true)
    .describe(
      'no blanks at line ends, no more than two newlines in a row, nothing around the text but indentation of code',
    ),
})

export const Clean = z.strictObject({
  min_answer_characters: z.int().min(0).default(1),
  max_repeated_line_share: Share.default(0.5).describe('of characters in lines that occur more than once'),
  max_repeated_trigram_share: Share.default(0.5).describe('of words in the most frequent word 3-gram'),
  refusals: z.enum(['drop', 'keep']).default('keep').describe('answers that only say that an AI cannot help'),
  placeholders: z
    .enum(['drop', 'keep'])
    .default('drop')
    .describe('unfilled templates: {question}, <INSERT>, TODO, lorem ipsum'),
})

export const Length = z.strictObject({
  min_tokens: z.int().min(0).default(0),
  max_tokens: z.int().min(1).default(4096),
  max_turns: z.int().min(1).default(8).describe('a turn: a user message and all that follows up to the next one'),
  max_tool_calls: z.int().min(0).default(8),
})

/** ISO 639-1 codes of the languages that can be told apart. */
export const detectableLanguages = [
  ...['am', 'ar', 'az', 'be', 'bg', 'bn', 'ca', 'cs', 'da', 'de', 'el', 'en', 'es', 'et', 'eu', 'fa', 'fi', 'fr', 'gu'],
  ...['he', 'hi', 'hr', 'hu', 'hy', 'is', 'it', 'ja', 'ka', 'kn', 'ko', 'ku', 'lo', 'lt', 'lv', 'ml', 'mr', 'ms', 'nl'],
  ...['no', 'or', 'pa', 'pl', 'pt', 'ro', 'ru', 'sk', 'sl', 'sq', 'sr', 'sv', 'ta', 'te', 'th', 'tl', 'tr', 'uk', 'ur'],
  ...['vi', 'yo', 'zh'],
] as const

export const Language = z.strictObject({
  allow: z.array(z.enum(detectableLanguages)).min(1).describe('ISO 639-1 codes; a row in another language goes'),
  min_characters: z.int().min(0).default(20).describe('of prose; shorter texts are never dropped for their language'),
})

export const Quality = z.strictObject({ min_score: Share.default(0.3) })

export const piiPatterns = ['email', 'ipv4', 'cn_mobile', 'cn_id', 'card', 'phone', 'api_key'] as const
export const Pii = z.strictObject({
  action: z.enum(['mask', 'drop', 'warn']).default('mask'),
  patterns: z
    .array(z.enum(piiPatterns))
    .min(1)
    .default([...piiPatterns]),
})

export const Toxicity = z.strictObject({
  terms: z
    .array(z.string().max(200).regex(/\S/, 'must hold a word'))
    .min(1)
    .max(10_000)
    .describe('yours: none are shipped; whole words, case ignored'),
  action: z.enum(['drop', 'warn']).default('drop'),
})

export const Decontaminate = z.strictObject({
  against: z
    .union([z.literal('registered'), z.array(DatasetReference).min(1)])
    .default('registered')
    .describe('evaluation sets; `registered`: every dataset that is an evaluation suite'),
  ngram: z.int().min(1).max(32).default(5),
  threshold: z.number().gt(0).max(1).default(0.85),
  masked: z
    .boolean()
    .default(true)
    .describe('a second pass where every number is the same: finds copies with other numbers'),
})

export const NearDuplicates = z.strictObject({ threshold: z.number().gt(0.5).max(1).default(0.85) })

/** Terciles of the source rows, unless told. Frozen in the report. */
export const Difficulty = z.strictObject({
  easy_below: Share.default(1 / 3).describe('quantile of the score'),
  hard_above: Share.default(2 / 3),
})

export const Balance = z
  .strictObject({ easy: Share.default(0.25), medium: Share.default(0.45), hard: Share.default(0.3) })
  .refine(({ easy, medium, hard }) => Math.abs(easy + medium + hard - 1) < 1e-6, {
    message: 'easy, medium and hard must add up to 1',
  })

export const Mix = z.strictObject({
  weights: z.record(z.string().min(1), z.number().positive()).describe('task -> share; scaled to sum 1'),
  rows: z.int().min(1).optional().describe('how many rows; as many as the scarcest task allows when absent'),
})

export const Split = z.strictObject({
  parts: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,30}$/), z.number().positive())
    .refine((parts) => Object.keys(parts).length >= 2, { message: 'needs at least two parts' })
    .describe('part -> share; scaled to sum 1; each becomes the dataset NAME-PART; near-duplicates stay together'),
})

/** What a build does to its rows, in this order, but for the split, which comes before balance and mix. `false` leaves an operator out. */
export const Operators = z.strictObject({
  normalise: z.union([off, Normalise]).default(Normalise.parse({})),
  clean: z.union([off, Clean]).default(Clean.parse({})),
  length: z.union([off, Length]).default(Length.parse({})),
  language: z.union([off, Language]).default(false),
  quality: z.union([off, Quality]).default(false),
  pii: z.union([off, Pii]).default(Pii.parse({})),
  toxicity: z.union([off, Toxicity]).default(false),
  decontaminate: z.union([off, Decontaminate]).default(Decontaminate.parse({})),
  exact_duplicates: z.boolean().default(true),
  near_duplicates: z.union([off, NearDuplicates]).default(NearDuplicates.parse({})),
  difficulty: z.union([off, Difficulty]).default(false),
  balance: z.union([off, Balance]).default(false).describe('needs difficulty'),
  mix: z.union([off, Mix]).default(false),
  split: z.union([off, Split]).default(false),
})

export type Operators = z.infer<typeof Operators>
export type Normalise = z.infer<typeof Normalise>
export type Clean = z.infer<typeof Clean>
export type Length = z.infer<typeof Length>
export type Language = z.infer<typeof Language>
export type Quality = z.infer<typeof Quality>
export type Pii = z.infer<typeof Pii>
export type Toxicity = z.infer<typeof Toxicity>
export type Decontaminate = z.infer<typeof Decontaminate>
export type NearDuplicates = z.infer<typeof NearDuplicates>
export type Difficulty = z.infer<typeof Difficulty>
export type Balance = z.infer<typeof Balance>
export type Mix = z.infer<typeof Mix>
export type Split = z.infer<typeof Split>
