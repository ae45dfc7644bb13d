import * as z from 'zod'
import { Pattern } from './primitives.ts'

/**
 * exact_match: the answer is what `answer_pattern` captures (group 1, else the whole match) at its last occurrence;
 * without a pattern, the whole response. Both sides are trimmed and runs of white space become one space.
 */
export const Scorer = z.strictObject({
  type: z.literal('exact_match'),
  answer_pattern: Pattern.optional(),
  ignore_case: z.boolean().default(false),
})
export type Scorer = z.infer<typeof Scorer>
