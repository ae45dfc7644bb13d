import * as z from 'zod'

/** A regular expression in JavaScript's syntax with at most one capture group, checked when it is parsed. */
export const Pattern = z
  .string()
  .min(1)
  .max(500)
  .superRefine((source, context) => {
    try {
      new RegExp(source, 'su')
    } catch (error) {
      context.addIssue({ code: 'custom', message: `is not a regular expression: ${(error as Error).message}` })
    }
  })

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
