import * as z from 'zod'
import { MlflowStatus } from './mlflow.ts'
import { MetricValue, Timestamp } from './primitives.ts'

export const RunId = z.string().regex(/^run-[0-9a-f]{32}$/, 'must look like run-<32 digits of 0-9, a-f>')

/** A run that a client logged by MLflow's protocol. */
export const TrackedRun = z.strictObject({
  id: RunId.describe("without `run-` it is MLflow's run id"),
  name: z.string(),
  experiment: z.string().describe("MLflow's experiment id"),
  status: MlflowStatus,
  deleted: z.boolean(),
  user: z.string(),
  created_at: Timestamp,
  started_at: Timestamp.describe("by the client's clock"),
  ended_at: Timestamp.nullable(),
})

export const TrackedRunView = TrackedRun.extend({
  experiment_name: z.string(),
  params: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.string()),
  latest_metrics: z.record(z.string(), MetricValue).describe('by the key that was logged'),
  last_step: z.int().min(0).nullable(),
  points: z.int().min(0),
})

export type TrackedRun = z.infer<typeof TrackedRun>
export type TrackedRunView = z.infer<typeof TrackedRunView>
