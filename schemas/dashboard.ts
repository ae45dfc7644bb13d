import * as z from 'zod'
import { Health } from './diagnostics.ts'
import { JobKind, JobStatus } from './job.ts'
import { JobId, Name, Timestamp } from './primitives.ts'

/** A job in one line. */
export const JobSummary = z.strictObject({
  id: JobId,
  kind: JobKind,
  status: JobStatus,
  recipe: z.strictObject({ name: Name, version: z.int().min(1) }),
  progress: z
    .strictObject({
      stage: z.int().min(0),
      stages: z.int().min(1),
      algorithm: z.string(),
      step: z.int().min(0),
      planned_steps: z.int().min(1),
      share: z.number().min(0).max(1).describe('of the steps of all stages'),
    })
    .nullable()
    .describe('null: it trains nothing'),
  health: Health.nullable().describe('null: nothing was found so far'),
  cost_usd: z
    .number()
    .min(0)
    .nullable()
    .describe('of its compute so far, at the price of its definition; null: no price is known'),
  message: z.string().nullable().describe('why it failed, was refused, or waits'),
  created_at: Timestamp,
  updated_at: Timestamp,
})

/** Counts of the jobs on this page by status, and the jobs, newest first. */
export const Dashboard = z.strictObject({
  counts: z.record(z.string(), z.int().min(0)),
  items: z.array(JobSummary),
  next: z.string().nullable().describe('pass as `after` to get the next page'),
})

export type JobSummary = z.infer<typeof JobSummary>
export type Dashboard = z.infer<typeof Dashboard>
