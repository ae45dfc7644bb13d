import * as z from 'zod'
import { JobEvent, JobStatus } from './job.ts'
import { MetricValue } from './primitives.ts'

/** New lines of one attempt, by column: `values[name][i]` belongs to `steps[i]`; null where that line lacks the metric. */
export const LiveMetrics = z.strictObject({
  stage: z.int().min(0),
  attempt: z.int().min(1),
  steps: z.array(z.int().min(0)),
  values: z.record(z.string(), z.array(MetricValue.nullable())),
})

/**
 * What a job's live stream sends, by the name of the server-sent event. `id` goes into `Last-Event-ID` to go on from there. After `end`
 * nothing follows: a client that came back would get `end` again.
 */
export const LiveEvent = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('status'), id: z.string(), data: JobEvent }),
  z.strictObject({ event: z.literal('metrics'), id: z.string(), data: LiveMetrics }),
  z.strictObject({ event: z.literal('end'), id: z.string(), data: z.strictObject({ status: JobStatus }) }),
])

export type LiveMetrics = z.infer<typeof LiveMetrics>
export type LiveEvent = z.infer<typeof LiveEvent>
