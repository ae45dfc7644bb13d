import * as z from 'zod'

/** RFC 9457, with every error at once. */
export const Problem = z.strictObject({
  type: z.string().describe('/problems/<code>'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string().optional().describe('the request id, which the server log carries too'),
  errors: z.array(
    z.strictObject({
      pointer: z
        .string()
        .describe('RFC 6901, into the request body; /query/... and /path/... for the URL, /header/...'),
      code: z.string(),
      message: z.string(),
      remedy: z.string(),
    }),
  ),
})
export type Problem = z.infer<typeof Problem>
