import * as z from 'zod'
import { DatasetReference } from './dataset-reference.ts'
import { Sha256, Timestamp } from './primitives.ts'
import { ScorerEndpoint } from './scorer-probe.ts'

/** The old and the new scorer on the same items. A limit may be tightened; below its floor it cannot be set. */
export const ShadowRun = z.strictObject({
  set: DatasetReference.describe('rows of format feedback: the label says whether the task succeeded'),
  old: ScorerEndpoint,
  new: ScorerEndpoint,
  repeats: z.int().min(3).max(20).default(3).describe('scores per item and scorer'),
  profile: z
    .enum(['default', 'release'])
    .default('default')
    .describe('spearman, top10, improvement: .75/.70/10, .78/.72/12'),
  tag: z.string().min(1).max(100).optional().describe('kept in the report of round 1; round 2 is always pre_run_check'),
  min_spearman: z.number().min(0.6).max(1).optional(),
  min_top10_overlap: z.number().min(0).max(1).optional(),
  min_corr_improve_pct: z.number().min(0).optional(),
})

const Measure = z.number().nullable().describe('null: cannot be computed, which fails its gate')
const Interval = z.tuple([z.number(), z.number()]).nullable().describe('95 %')

/** How two scorers agree with each other and with success, on some of the items. */
export const ShadowStatistics = z.strictObject({
  n: z.int(),
  spearman: Measure,
  spearman_ci: Interval,
  kendall_tau: Measure.describe('tau-b'),
  top10_overlap: Measure,
  top20_overlap: Measure,
  corr_to_success_old: Measure.describe('Spearman of score and success'),
  corr_to_success_new: Measure,
  corr_improve_pct: Measure,
})

export const ShadowReport = z.strictObject({
  definition: z.literal('sluice.shadow-run/1'),
  tag: z.string(),
  ts: Timestamp,
  set: z.strictObject({ reference: z.string(), digest: Sha256, rows: z.int() }),
  profile: z.enum(['default', 'release']),
  repeats: z.int(),
  scorers: z.strictObject({ old: z.string(), new: z.string() }).describe('provider/model'),
  scored: z.int().describe('items with every score'),
  unstable: z.int(),
  unstable_rate: Measure,
  avg_variance: Measure.describe('population variance of the repeats of one item, mean of both scorers and all items'),
  ...ShadowStatistics.shape,
  n: ShadowStatistics.shape.n.describe('stable items: all measures of this level are of these'),
  corr_improve_pct_ci: Interval.describe('paired bootstrap over items'),
  ties_ratio: z
    .strictObject({ old: Measure, new: Measure })
    .describe('share of items whose score another item has too'),
  direction_check: z.boolean().describe('the new scorer correlates positively with success'),
  all_items: ShadowStatistics.describe('the unstable ones too'),
  tasks: z.record(z.string(), ShadowStatistics).describe('stable items, task by task'),
  gate: z.strictObject({ pass: z.boolean(), limits: z.record(z.string(), z.number()), missed: z.array(z.string()) }),
  calls: z.strictObject({
    total: z.int(),
    failed: z.int(),
    cache_hits: z.int(),
    last_real_at: Timestamp.nullable().describe('of the last answer that came from no cache'),
    prompt_tokens: z.int(),
    completion_tokens: z.int(),
  }),
  errors: z.array(z.string()).max(20),
  items: z.array(
    z.strictObject({
      id: z.string(),
      task: z.string(),
      success: z.boolean(),
      old: z.array(z.number()),
      new: z.array(z.number()),
      unstable: z.boolean(),
    }),
  ),
})

export type ShadowRun = z.infer<typeof ShadowRun>
export type ShadowStatistics = z.infer<typeof ShadowStatistics>
export type ShadowReport = z.infer<typeof ShadowReport>
