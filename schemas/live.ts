import * as z from 'zod'
import { Anomaly } from './diagnostics.ts'
import { JobEvent, JobStatus } from './job.ts'
import { MetricValue } from './primitives.ts'

/** New lines of one attempt, by column: `values[name][i]` belongs to `steps[i]`; null where that line lacks the metric. */
export const LiveMetrics = z.strictObject({
  stage: z.int().min(0),
  attempt: z.int().min(1),
  steps: z.array(z.int().min(0)),
  times: z.array(z.number().nullable()).describe("epoch milliseconds by the trainer's clock"),
  values: z.record(z.string(), z.array(MetricValue.nullable())),
})

/**
 * What a job's live stream sends, by the name of the server-sent event. `id` goes into `Last-Event-ID` to go on from there. After `end`
 * nothing follows: a client that came back would get `end` again.
 */
export const LiveEvent = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('status'), id: z.string(), data: JobEvent }),
  z.strictObject({ event: z.literal('metrics'), id: z.string(), data: LiveMetrics }),
  z.strictObject({ event: z.literal('anomaly'), id: z.string(), data: Anomaly }),
  z.strictObject({ event: z.literal('end'), id: z.string(), data: z.strictObject({ status: JobStatus }) }),
])

/** What a playback is asked for. Default: the winning attempts of the newest stage that has points. */
export const PlaybackQuery = z.strictObject({
  stage: z.coerce.number().int().min(0).optional(),
  attempt: z.coerce.number().int().min(1).optional().describe('the branch of this attempt; goes with `stage`'),
  start_step: z.coerce.number().int().min(0).optional(),
  end_step: z.coerce.number().int().min(0).optional(),
  speed: z.coerce.number().min(0.1).max(10).default(1).describe('recorded time gaps are divided by it'),
  names: z.string().optional().describe('comma-separated; all when absent'),
  after: z.string().optional().describe('as Last-Event-ID, for clients that cannot send it'),
})

/** Recorded rows again, at their own pace: `meta` first, `progress` in between, `end` last. */
export const PlaybackEvent = z.discriminatedUnion('event', [
  z.strictObject({
    event: z.literal('meta'),
    id: z.string(),
    data: z.strictObject({
      job: z.string(),
      stage: z.int(),
      attempt: z.int().nullable().describe('null: the winning view'),
      start_step: z.int(),
      end_step: z.int(),
      total_rows: z.int().min(0),
      names: z.array(z.string()),
      recorded_seconds: z.number().min(0),
      speed: z.number(),
    }),
  }),
  z.strictObject({ event: z.literal('metrics'), id: z.string(), data: LiveMetrics }),
  z.strictObject({ event: z.literal('anomaly'), id: z.string(), data: Anomaly }),
  z.strictObject({
    event: z.literal('progress'),
    id: z.string(),
    data: z.strictObject({
      step: z.int(),
      rows: z.int(),
      total_rows: z.int(),
      percent: z.number().min(0).max(100),
      remaining_seconds: z.number().min(0),
      paused: z.boolean(),
    }),
  }),
  z.strictObject({ event: z.literal('end'), id: z.string(), data: z.strictObject({ rows: z.int() }) }),
])

/** What a client of a playback WebSocket may send. */
export const PlaybackCommand = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('pause') }),
  z.strictObject({ action: z.literal('resume') }),
  z.strictObject({ action: z.literal('speed'), speed: z.number().min(0.1).max(10) }),
  z.strictObject({ action: z.literal('seek'), step: z.int().min(0) }),
  z.strictObject({ action: z.literal('stop') }),
])

export type PlaybackQuery = z.infer<typeof PlaybackQuery>
export type PlaybackEvent = z.infer<typeof PlaybackEvent>
export type PlaybackCommand = z.infer<typeof PlaybackCommand>
export type LiveMetrics = z.infer<typeof LiveMetrics>
export type LiveEvent = z.infer<typeof LiveEvent>
