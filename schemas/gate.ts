import * as z from 'zod'

/**
 * Rules as data, over one paired comparison; d = candidate - base accuracy.
 * improvement: pass when d > min_gain and McNemar's exact p < alpha (min_gain 0), or the interval's lower end > min_gain.
 * no_regression: pass when the interval's lower end > -margin.
 * min_accuracy: pass when the candidate's accuracy >= value.
 */
export const GateRule = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('improvement'),
    min_gain: z.number().min(0).max(1).default(0),
    alpha: z.number().gt(0).max(0.5).default(0.05),
  }),
  z.strictObject({ type: z.literal('no_regression'), margin: z.number().min(0).max(1).default(0) }),
  z.strictObject({ type: z.literal('min_accuracy'), value: z.number().min(0).max(1) }),
])

export const Verdict = z.enum(['pass', 'fail', 'inconclusive'])

export const GateDecision = z.strictObject({
  verdict: Verdict,
  rules: z.array(z.strictObject({ rule: GateRule, verdict: Verdict, message: z.string() })),
})
export type GateRule = z.infer<typeof GateRule>
export type Verdict = z.infer<typeof Verdict>
export type GateDecision = z.infer<typeof GateDecision>
