import * as z from 'zod'
import { MetricValue } from './primitives.ts'

/** Points of one metric of one stage in step order: `[step, value]`. */
export const MetricSeries = z.strictObject({
  stage: z.int().min(0),
  name: z.string(),
  points: z.array(z.tuple([z.int(), MetricValue])),
})
export type MetricSeries = z.infer<typeof MetricSeries>
