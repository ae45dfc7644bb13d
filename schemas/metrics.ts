import * as z from 'zod'
import { JobId, MetricValue, Timestamp } from './primitives.ts'

const Step = z.int().min(0)
const Milliseconds = z.number().nullable().describe("epoch milliseconds by the trainer's clock; null: not logged")

/**
 * Equal parts of a range of steps, by column: `min[i]` belongs to `from[i]`. Least, greatest and mean are of the finite values, null where
 * there is none; what is not finite is counted, so that no spike and no NaN is lost.
 */
export const MetricBuckets = z.strictObject({
  from: z.array(Step).describe('first step with a value'),
  to: z.array(Step).describe('last step with a value'),
  time: z.array(Milliseconds).describe('of the first'),
  count: z.array(z.int().min(1)),
  min: z.array(z.number().nullable()),
  max: z.array(z.number().nullable()),
  mean: z.array(z.number().nullable()),
  nan: z.array(z.int().min(0)),
  positive_infinity: z.array(z.int().min(0)),
  negative_infinity: z.array(z.int().min(0)),
})

/** One metric of one stage in step order: `points` as `[step, value]`, or `buckets` where the query asked for them. */
export const MetricSeries = z.strictObject({
  stage: z.int().min(0),
  name: z.string(),
  unit: z.string().describe('empty where a number has none, or none is known'),
  points: z.array(z.tuple([Step, MetricValue])),
  times: z.array(Milliseconds).optional().describe('one per point, when asked for'),
  buckets: MetricBuckets.optional(),
})

export const MetricsAnswer = z.strictObject({
  series: z.array(MetricSeries),
  next: z.string().nullable().describe('give it as `after` to get what was stored since; null while nothing is stored'),
})

/** Some of the points of a job. A step that several attempts logged belongs to the last of them, unless `attempt` asks for one. */
export const MetricsQuery = z.strictObject({
  names: z.string().optional().describe('comma-separated, canonical or as logged; all when absent'),
  stage: z.coerce.number().int().min(0).optional(),
  attempt: z.coerce.number().int().min(1).optional().describe('the branch of this attempt; goes with `stage`'),
  start_step: z.coerce.number().int().min(0).optional().describe('inclusive'),
  end_step: z.coerce.number().int().min(0).optional().describe('inclusive'),
  start_time: Timestamp.optional().describe("inclusive, by the trainer's clock"),
  end_time: Timestamp.optional(),
  buckets: z.coerce
    .number()
    .int()
    .min(1)
    .max(5000)
    .optional()
    .describe('at most so many per series, in place of points'),
  times: z.stringbool().optional().describe('with the time of each point'),
  after: z.string().optional().describe('only what was stored behind this position'),
})

/** A line of a segment that was no metric line. */
export const JunkLine = z.strictObject({
  segment: z.int().min(0),
  line: z.int().min(1),
  reason: z.string(),
  text: z.string().describe('its first 200 characters'),
})

/** What one attempt logged. An attempt whose steps a later one logged again stays readable as a branch. */
export const MetricBranch = z.strictObject({
  stage: z.int().min(0),
  attempt: z.int().min(1),
  rows: z.int().min(0),
  points: z.int().min(0),
  segments: z.int().min(0),
  first_step: Step.nullable(),
  last_step: Step.nullable(),
  wins: z
    .strictObject({ from: Step, to: Step })
    .nullable()
    .describe('the steps of the stage that are its; null: all were logged again'),
  first_time: Milliseconds,
  last_time: Milliseconds,
  names: z.array(z.strictObject({ name: z.string(), native: z.string(), unit: z.string() })),
  junk_lines: z.int().min(0),
  backward_steps: z.int().min(0),
  type_changes: z.int().min(0),
  refused_names: z.int().min(0),
  junk: z.array(JunkLine).describe('the first of them'),
  compacted: z.boolean(),
})

export const MetricsExportRequest = MetricsQuery.omit({ after: true, buckets: true, times: true }).extend({
  format: z.enum(['csv', 'jsonl', 'parquet']),
})

export const MetricsExport = z.strictObject({
  url: z.string().describe('can be read for an hour'),
  format: z.enum(['csv', 'jsonl', 'parquet']),
  rows: z.int().min(0),
  bytes: z.int().min(0),
})

export const MetricsSync = z.strictObject({
  segments: z.int().min(0).describe('read by this pass'),
  rows: z.int().min(0),
  points: z.int().min(0),
  last_step: Step.nullable().describe('newest step of the newest attempt'),
})

export const MetricsComparison = z.strictObject({
  jobs: z.array(z.strictObject({ job: JobId, series: z.array(MetricSeries) })),
})

export type MetricBuckets = z.infer<typeof MetricBuckets>
export type MetricSeries = z.infer<typeof MetricSeries>
export type MetricsAnswer = z.infer<typeof MetricsAnswer>
export type MetricsQuery = z.infer<typeof MetricsQuery>
export type JunkLine = z.infer<typeof JunkLine>
export type MetricBranch = z.infer<typeof MetricBranch>
export type MetricsExportRequest = z.infer<typeof MetricsExportRequest>
export type MetricsExport = z.infer<typeof MetricsExport>
export type MetricsSync = z.infer<typeof MetricsSync>
