import * as z from 'zod'

const Quantiles = z.strictObject({
  p01: z.number(),
  p05: z.number(),
  p10: z.number(),
  p25: z.number(),
  p50: z.number(),
  p75: z.number(),
  p90: z.number(),
  p95: z.number(),
  p99: z.number(),
})

/** How the values of a column are spread. `counts[i]` values lie in [edges[i], edges[i + 1]), the last bucket closed on both sides. */
export const Distribution = z.strictObject({
  n: z.int().min(0),
  min: z.number().nullable(),
  max: z.number().nullable(),
  mean: z.number().nullable(),
  quantiles: Quantiles.nullable().describe('null without values'),
  histogram: z.strictObject({ edges: z.array(z.number()), counts: z.array(z.int().min(0)) }),
})

/** Value -> how many rows have it. Past 100 values the rest counts as "(other)". */
export const Tally = z.record(z.string(), z.int().min(0))

export type Distribution = z.infer<typeof Distribution>
export type Tally = z.infer<typeof Tally>
